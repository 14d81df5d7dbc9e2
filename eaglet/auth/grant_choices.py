"""List the grants there are to choose from: those that the registered resources can ask for."""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from eaglet.api import registry
from eaglet.api.dispatch.plan import handlers
from eaglet.api.observability import metrics_view
from eaglet.api.request.method_override import VERBS
from eaglet.api.security.decorator import token_rule
from eaglet.auth.grants import EVERYTHING, allows, is_grant

Group = tuple[str, list[tuple[str, str]]]
"""A title, and of each grant below it how it is stored and how it is shown: Django's choices."""


class _Verb(NamedTuple):
    """A verb that a resource has, and the grants it asks for; None if it asks for no token."""

    app: str
    resource: str
    verb: str
    asks: tuple[str, ...] | None

    @property
    def grant(self) -> str:
        return f"{self.app}.{self.resource}:{self.verb}"

    @property
    def note(self) -> str:
        if self.asks is None:
            return _("open: asks for no token")
        if not self.asks:
            return _("asks for a token, and for no grant")
        if self.asks != (self.grant,):
            return _("asks for %(grants)s") % {"grants": ", ".join(self.asks)}
        return ""


def grant_groups(held: Collection[str] = ()) -> list[Group]:
    """Return every grant to choose from; those in `held` that no resource has come last."""
    verbs = list(_registered_verbs())
    groups: dict[str, dict[str, str]] = {
        _("All apps"): {
            EVERYTHING: _("what is added later included"),
            **_over(verbs, "*.*"),
        }
    }
    for app in sorted({verb.app for verb in verbs}):
        own = [verb for verb in verbs if verb.app == app]
        groups[app] = {f"{app}.*:*": "", **_over(own, f"{app}.*")}
        for resource in sorted({verb.resource for verb in own}):
            groups[app][f"{app}.{resource}:*"] = ""
            groups[app].update((v.grant, v.note) for v in own if v.resource == resource)
    asked_by: dict[str, list[str]] = {}
    for verb in verbs:
        for grant in verb.asks or ():
            if is_grant(grant):
                asked_by.setdefault(grant, []).append(verb.grant)
    known = {grant for choices in groups.values() for grant in choices}
    groups[_("Asked for by name")] = {
        grant: _("asked for by %(methods)s") % {"methods": ", ".join(methods)}
        for grant, methods in sorted(asked_by.items())
        if grant not in known
    }
    groups[_("Other grants")] = {
        grant: ""
        if any(allows({grant}, one) for one in asked_by)
        else _("no resource here asks for it")
        for grant in sorted(set(held) - known - asked_by.keys())
    }
    return [
        (title, [(grant, f"{grant}: {note}" if note else grant) for grant, note in choices.items()])
        for title, choices in groups.items()
        if choices
    ]


def unknown_grants(grants: Iterable[str]) -> list[str]:
    """Return those that nothing here has: neither a resource's verb, nor what one asks for."""
    verbs = list(_registered_verbs())
    there = {metrics_view.GRANT, *(verb.grant for verb in verbs)}
    there.update(grant for verb in verbs for grant in verb.asks or ())
    return [
        grant
        for grant in grants
        if grant != EVERYTHING and not any(allows({grant}, one) for one in there)
    ]


def _registered_verbs() -> Iterator[_Verb]:
    for declared in registry.registered():
        # As `allows` reads a name: the app ends at the first dot.
        app, _dot, resource = f"{declared.app}.{declared.resource}".partition(".")
        for verb, handler in handlers(declared).items():
            grant, rule = f"{app}.{resource}:{verb}", token_rule(handler)
            asks = None
            if rule is not None:
                asks = (grant,) if rule.grants is None else rule.grants
            if is_grant(grant):
                yield _Verb(app, resource, verb, asks)


def _over(verbs: Collection[_Verb], resources: str) -> dict[str, str]:
    there = {verb.verb for verb in verbs}
    return {f"{resources}:{verb}": "" for verb in VERBS if verb in there}

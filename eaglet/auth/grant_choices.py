"""List the grants there are to choose from: those that the registered resources can ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from eaglet.api import registry
from eaglet.api.dispatch.plan import handlers
from eaglet.api.request.method_override import VERBS
from eaglet.api.security.decorator import token_rule
from eaglet.auth.grants import EVERYTHING, allows, validate_grant

METRICS_GRANT: Final = "eaglet.metrics:get"
"""What lets an app read `/metrics`, which is no resource."""


@dataclass(frozen=True)
class GrantChoice:
    """One grant.

    Attributes:
        grant: as it is stored, `app.resource:verb`.
        label: what tells it from the others of its line.
        note: what an operator should know about it.
    """

    grant: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class GrantLine:
    """The grants over one resource, or over all of an app."""

    title: str
    choices: tuple[GrantChoice, ...]


@dataclass(frozen=True)
class GrantGroup:
    """The grants over one app."""

    title: str
    lines: tuple[GrantLine, ...]
    note: str = ""


@dataclass(frozen=True)
class _Verb:
    """A verb that a resource has, and the grants it asks for; None if it asks for no token."""

    app: str
    resource: str
    verb: str
    asks: tuple[str, ...] | None

    @property
    def grant(self) -> str:
        return f"{self.app}.{self.resource}:{self.verb}"


def grant_groups(held: Collection[str] = ()) -> list[GrantGroup]:
    """Every grant to choose from, grouped by app; those in `held` that are no choice come last."""
    verbs = list(_registered_verbs())
    apps = sorted({verb.app for verb in verbs})
    groups = [_everything(verbs)]
    groups += [_group_of(app, [verb for verb in verbs if verb.app == app]) for app in apps]
    groups += _named(verbs, known=set(grants_in(groups)))
    groups += _others(verbs, set(held) - set(grants_in(groups)))
    return groups


def unknown_grants(grants: Iterable[str]) -> list[str]:
    """Return those that nothing here has: neither a resource's verb, nor what one asks for."""
    verbs = list(_registered_verbs())
    there = {METRICS_GRANT, *(verb.grant for verb in verbs)}
    there.update(grant for verb in verbs for grant in verb.asks or ())
    return [
        grant
        for grant in grants
        if grant != EVERYTHING and not any(allows({grant}, one) for one in there)
    ]


def grants_in(groups: Collection[GrantGroup]) -> Iterator[str]:
    """Return the grants that stand in groups."""
    for group in groups:
        for line in group.lines:
            for choice in line.choices:
                yield choice.grant


def _registered_verbs() -> Iterator[_Verb]:
    for declared in registry.registered():
        # As `allows` reads a name: the app ends at the first dot.
        app, _dot, resource = f"{declared.app}.{declared.resource}".partition(".")
        for verb, handler in handlers(declared).items():
            rule = token_rule(handler)
            asks = None if rule is None else rule.grants or ()
            if rule is not None and rule.grants is None:
                asks = (f"{app}.{resource}:{verb}",)
            found = _Verb(app, resource, verb, asks)
            if _is_grant(found.grant):
                yield found


def _is_grant(text: str) -> bool:
    try:
        validate_grant(text)
    except ValidationError:
        return False
    return True


def _everything(verbs: list[_Verb]) -> GrantGroup:
    all_verbs = _in_order({verb.verb for verb in verbs})
    line = [GrantChoice(EVERYTHING, _("everything"), _("what is added later included"))]
    line += [GrantChoice(f"*.*:{verb}", verb) for verb in all_verbs]
    return GrantGroup(_("All apps"), (GrantLine(_("all resources"), tuple(line)),))


def _group_of(app: str, verbs: list[_Verb]) -> GrantGroup:
    over_all = [GrantChoice(f"{app}.*:*", _("every verb"))]
    over_all += [
        GrantChoice(f"{app}.*:{verb}", verb) for verb in _in_order({verb.verb for verb in verbs})
    ]
    lines = [GrantLine(_("all resources"), tuple(over_all))]
    for resource in sorted({verb.resource for verb in verbs}):
        choices = {f"{app}.{resource}:*": GrantChoice(f"{app}.{resource}:*", _("every verb"))}
        for verb in verbs:
            if verb.resource == resource:
                choices[verb.grant] = GrantChoice(verb.grant, verb.verb, _note(verb))
        lines.append(GrantLine(f"{app}.{resource}", tuple(choices.values())))
    return GrantGroup(app, tuple(lines))


def _note(verb: _Verb) -> str:
    if verb.asks is None:
        return _("open: asks for no token")
    if not verb.asks:
        return _("asks for a token, and for no grant")
    if verb.asks != (verb.grant,):
        return _("asks for %(grants)s") % {"grants": ", ".join(verb.asks)}
    return ""


def _named(verbs: list[_Verb], known: Collection[str]) -> list[GrantGroup]:
    asked_by: dict[str, list[str]] = {}
    for verb in verbs:
        for grant in verb.asks or ():
            if grant not in known and _is_grant(grant):
                asked_by.setdefault(grant, []).append(verb.grant)
    choices = [
        GrantChoice(grant, grant, _("asked for by %(methods)s") % {"methods": ", ".join(methods)})
        for grant, methods in sorted(asked_by.items())
    ]
    return [GrantGroup(_("Asked for by name"), (GrantLine("", tuple(choices)),))] if choices else []


def _others(verbs: list[_Verb], grants: Collection[str]) -> list[GrantGroup]:
    asked = {grant for verb in verbs for grant in verb.asks or ()}
    choices = []
    for grant in sorted(grants):
        covers_any = any(allows({grant}, one) for one in asked)
        note = "" if covers_any else _("no resource here asks for it")
        choices.append(GrantChoice(grant, grant, note))
    note = _("Not among the choices above. They stay unless you clear them.")
    return [GrantGroup(_("Other grants"), (GrantLine("", tuple(choices)),), note)] if grants else []


def _in_order(verbs: Collection[str]) -> list[str]:
    return [verb for verb in VERBS if verb in verbs]

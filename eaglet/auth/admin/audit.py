"""Tell who may do what: at this service, and at those it issues for."""

from eaglet.auth.models import App, AppGrant, AudienceGrant
from eaglet.conf import conf


def who_may_what() -> list[tuple[str, list[tuple[App, list[str]]]]]:
    """Return each service's name, "" for this one, and the apps with grants there, with these.

    Services that grants are left of, and that it issues for no longer, come too.
    """
    held: dict[str, dict[int, list[str]]] = {name: {} for name in ("", *conf.EAGLET_AUDIENCES)}
    for app_id, grant in AppGrant.objects.order_by("grant").values_list("app_id", "grant"):
        held[""].setdefault(app_id, []).append(grant)
    for name, app_id, grant in AudienceGrant.objects.values_list("audience", "app_id", "grant"):
        held.setdefault(name, {}).setdefault(app_id, []).append(grant)
    apps = App.objects.with_activity()
    return [
        (name, [(app, found[app.pk]) for app in apps if app.pk in found])
        for name, found in sorted(held.items())
    ]

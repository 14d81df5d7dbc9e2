"""Tell who may do what: at this service, and at those it issues for."""

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import QuerySet

from eaglet.auth.models import App, AppGrant, AudienceGrant
from eaglet.conf import conf


class ServiceAudit(NamedTuple):
    """A service, and the grants of each app that has any there."""

    name: str  # "" for this one
    is_issued_for: bool
    holders: list[tuple[App, list[str]]]


def who_may_what() -> list[ServiceAudit]:
    """Return this service and those it issues for, each with who may do what there.

    Services that grants are left of, and that it issues for no longer, come too.
    """
    apps = {app.pk: app for app in App.objects.with_activity()}
    held: dict[str, dict[int, list[str]]] = {"": {}, **{name: {} for name in conf.EAGLET_AUDIENCES}}
    for audience, app_id, grant in _rows():
        held.setdefault(audience, {}).setdefault(app_id, []).append(grant)
    return [
        ServiceAudit(
            name,
            not name or name in conf.EAGLET_AUDIENCES,
            [(app, found[pk]) for pk, app in apps.items() if pk in found],
        )
        for name, found in sorted(held.items())
    ]


def _rows() -> Iterator[tuple[str, int, str]]:
    own: QuerySet[AppGrant] = AppGrant.objects.order_by("grant")
    yield from (("", *row) for row in own.values_list("app_id", "grant"))
    yield from AudienceGrant.objects.values_list("audience", "app_id", "grant")

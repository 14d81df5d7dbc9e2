"""Change an app's secret without downtime: for a while, the old and the new one are good."""

import datetime
from typing import Final

from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from eaglet.auth.models import App, AppSecret, CreatedSecret
from eaglet.encoding import format_datetime

LIVE_AT_ONCE: Final = 2
"""How many secrets of an app can be live: the one in use, and the one being brought out."""


@sensitive_variables()
def rotate_secret(app: App, *, expire_old_in: datetime.timedelta | None = None) -> CreatedSecret:
    """Give an app a new secret beside the one it has, which stays good for a while.

    All of it is one transaction. Raises ValidationError if two are live already. `expire_old_in` is
    when the others stop being good, if they would not sooner; None: as before.
    """
    using = app._state.db or router.db_for_write(App)
    with transaction.atomic(using=using):
        # A write, so that of two who rotate at once the second waits: SQLite locks no row.
        App.objects.using(using).filter(pk=app.pk).update(updated_at=timezone.now())
        secrets = AppSecret.objects.using(using).filter(app=app, issuer="")
        live = list(secrets.live().order_by("created_at"))
        if len(live) >= LIVE_AT_ONCE:
            raise ValidationError(_refusal(app, live), code="two_live_secrets")
        if expire_old_in is not None:
            moment = timezone.now() + expire_old_in
            for old in live:
                old.expires_at = min(old.expires_at or moment, moment)
                old.save(using=using, update_fields=["expires_at"])
        return app.add_secret()


def _refusal(app: App, live: list[AppSecret]) -> str:
    first = _("%(app)s has %(count)d live secrets already:") % {"app": app, "count": len(live)}
    lines = [f"  {described(secret)}" for secret in live]
    last = _(
        "Wait until one expires, or revoke one in the admin: the newest, if nobody has written it "
        "down."
    )
    return "\n".join([first, *lines, last])


def described(secret: AppSecret) -> str:
    """Return a live secret in words: its fingerprint, its last use, its expiry."""
    used, good = _("never used"), _("good until revoked")
    if secret.last_used_at:
        used = _("last used %(moment)s") % {"moment": format_datetime(secret.last_used_at)}
    if secret.expires_at:
        good = _("good until %(moment)s") % {"moment": format_datetime(secret.expires_at)}
    return f"{secret}: {used}, {good}"

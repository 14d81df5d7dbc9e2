"""Exchange an app key and secret for an access token."""

import datetime
import logging
from dataclasses import dataclass, field
from hmac import compare_digest

from django.db import router
from django.views.decorators.debug import sensitive_variables

from eaglet.auth import keys, refusals
from eaglet.auth.models import AccessToken, AppSecret, Reason
from eaglet.auth.tokens import timestamps
from eaglet.auth.tokens.pruning import prune_now_and_then
from eaglet.exceptions import InvalidAppKey
from eaglet.observability.redaction import one_line

logger = logging.getLogger("eaglet.auth")


@dataclass(frozen=True)
class IssuedToken:
    """An access token, in the only copy there is; `expires_at` is aware, `expires_in` seconds."""

    token: str = field(repr=False)
    expires_at: datetime.datetime
    expires_in: int


@sensitive_variables()
def issue_access_token(app_key: str, secret: str) -> IssuedToken:
    """Exchange an app key and secret for a bearer token (RFC 6749 §4.4).

    Returns the plaintext, once, with `expires_in` in seconds. Raises InvalidAppKey, which is the
    same for an unknown key, a wrong secret, one that is expired or revoked, and an app that is
    switched off; an unknown key and a wrong secret also cost the same: one digest, one query.
    """
    return issue_for(authenticate_app(app_key, secret))


@sensitive_variables()
def issue_for(record: AppSecret, audience: str = "") -> IssuedToken:
    """Issue an opaque token under a secret that `authenticate_app` has found to be good.

    `audience` names the service in EAGLET_AUDIENCES that it is for; "" is this one.
    """
    using = record._state.db or router.db_for_write(AccessToken)
    record.touch()
    token = keys.generate_access_token()
    lifetime = record.app.token_lifetime
    expires_at = timestamps.now() + lifetime
    AccessToken.objects.using(using).create(
        digest=keys.digest(token),
        app=record.app,
        secret=record,
        audience=audience,
        expires_at=timestamps.to_field(expires_at),
    )
    prune_now_and_then(using)
    return IssuedToken(token, expires_at, int(lifetime.total_seconds()))


@sensitive_variables()
def authenticate_app(app_key: str, secret: str) -> AppSecret:
    """Return the record of a live secret of an app that is switched on, with its `app` loaded.

    Raises InvalidAppKey, always the same; the log says why, where the app key is right.
    """
    wanted = keys.digest(secret)
    # A database may refuse a NUL or a lone surrogate; no key has any, so ask for none.
    key = app_key if app_key.isascii() and app_key.isprintable() else ""
    # The database that is written to: a replica may not know yet that a secret was revoked.
    secrets = AppSecret.objects.using(router.db_for_write(AppSecret)).select_related("app")
    record = secrets.filter(digest=wanted, app__app_key=key).first()
    # Compared again because a collation may be case-insensitive.
    if record is None or not compare_digest(record.digest, wanted) or record.app.app_key != key:
        raise InvalidAppKey("incorrect app key or secret")
    if not record.app.is_active:
        _refuse(record, "the app is switched off", Reason.SWITCHED_OFF)
    if not record.is_live:
        _refuse(record, "the secret is revoked or expired", Reason.REVOKED)
    return record


def _refuse(record: AppSecret, why: str, reason: Reason) -> None:
    name = one_line(str(record.app))
    logger.warning("no access token for app %s (%s): %s", name, record.app.app_key, why)
    refusals.note(record.app_id, reason)
    raise InvalidAppKey("incorrect app key or secret")

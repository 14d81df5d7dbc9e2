"""Issue tokens for the services that EAGLET_AUDIENCES names (RFC 8707)."""

import datetime
import secrets
from typing import Any

from django.db import router
from django.views.decorators.debug import sensitive_variables
from joserfc import jwt
from oauthlib.oauth2.rfc6749.errors import OAuth2Error

from eaglet.auth.issuer.signing_keys import published_keys, signer
from eaglet.auth.models import AppSecret
from eaglet.auth.models.issuing import AudienceGrant
from eaglet.auth.tokens import timestamps
from eaglet.auth.tokens.issuing import IssuedToken, issue_for
from eaglet.auth.verifiers.jwks import public_key
from eaglet.conf import conf
from eaglet.contracts.jose import (
    ACCESS_TOKEN_TYPES,
    LARGEST_BYTES,
    REGISTRY,
    expiry,
    read_untrusted,
)
from eaglet.exceptions import EagletError
from eaglet.observability.redaction import Concealed


class TooManyGrants(EagletError):
    """An app's grants at a service make a token that no server takes."""


class InvalidTarget(OAuth2Error):
    """The client asks for a token for a service that this one issues none for."""

    error = "invalid_target"  # RFC 8707 §2
    description = "No token is issued for this resource."


def audience_of(resource: str) -> str:
    """Return the name of the service that a `resource` parameter means; "" for this one.

    Raises InvalidTarget.
    """
    for name, identifier in conf.EAGLET_AUDIENCES.items():
        if resource == identifier:
            return name
    if resource == conf.EAGLET_AUDIENCE:
        return ""
    raise InvalidTarget


def grants_at(app_id: int, audience: str) -> list[str]:
    """Return what an app may do at a service, sorted."""
    grants = AudienceGrant.objects.using(router.db_for_write(AudienceGrant))
    found = grants.filter(app_id=app_id, audience=audience)
    return sorted(found.values_list("grant", flat=True))


@sensitive_variables()
def issue_for_audience(record: AppSecret, audience: str) -> IssuedToken:
    """Issue a token for a service, under a secret that was found to be good.

    It is a JWT (RFC 9068), or, as EAGLET_AUDIENCE_TOKENS says, one that the service asks about by
    introspection. The app's grants there are its scope. Raises NoSigningKey, and TooManyGrants.
    """
    if conf.EAGLET_AUDIENCE_TOKENS == "opaque":
        return issue_for(record, audience)
    signing = signer()
    record.touch()
    lifetime = min(
        datetime.timedelta(seconds=conf.EAGLET_JWT_LIFETIME_SECONDS), record.app.token_lifetime
    )
    now = timestamps.now()
    app_key = record.app.app_key
    claims = {
        "iss": conf.EAGLET_ISSUER,
        "sub": app_key,
        "client_id": app_key,
        "aud": conf.EAGLET_AUDIENCES[audience],
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "jti": f"{record.pk}.{secrets.token_urlsafe(16)}",
        "scope": " ".join(grants_at(record.app_id, audience)),
    }
    header = {"typ": ACCESS_TOKEN_TYPES[0], "alg": signing.algorithm, "kid": signing.kid}
    value = jwt.encode(header, claims, signing.key, registry=REGISTRY)
    if len(value) > LARGEST_BYTES:
        raise TooManyGrants(
            f"the grants of {record.app} at {audience} don't fit in a token: give it some with *"
        )
    return IssuedToken(Concealed(value), now + lifetime, int(lifetime.total_seconds()))


@sensitive_variables()
def introspect_jwt(token: str, client: AppSecret) -> dict[str, Any] | None:
    """Return what RFC 7662 §2.2 says of a JWT that was issued here, with the grants of now.

    None where it has ended, the secret it was issued under was revoked, its app is switched off,
    or it is not the client's to see.
    """
    keys = {key["kid"]: key for key in published_keys()["keys"]}
    try:
        told = read_untrusted(token)
        key = public_key(keys[told.kid])
        if key is None or not key.has_signed(token, told):
            return None
        expiry(told.claims)
        audience = audience_of(told.claims["aud"])
    except (ValueError, KeyError, InvalidTarget):
        return None
    issued_under = AppSecret.objects.using(router.db_for_write(AppSecret)).filter(
        pk=told.claims["jti"].partition(".")[0], revoked_at=None, app__is_active=True
    )
    app_id = issued_under.values_list("app_id", flat=True).first()
    if app_id is None or not (app_id == client.app_id or client.app.may_introspect):
        return None
    return {**told.claims, "token_type": "Bearer", "scope": " ".join(grants_at(app_id, audience))}

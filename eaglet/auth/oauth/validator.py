"""Answer what oauthlib asks of this service: who a client is, and what of its tokens."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from django.db import router
from django.views.decorators.debug import sensitive_variables
from oauthlib.common import Request
from oauthlib.oauth2 import (
    IntrospectEndpoint,
    RequestValidator,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2.rfc6749.grant_types import ClientCredentialsGrant
from oauthlib.oauth2.rfc6749.tokens import TokenBase

from eaglet.auth import keys
from eaglet.auth.issuer.audiences import (
    audience_of,
    grants_at,
    introspect_jwt,
    issue_for_audience,
)
from eaglet.auth.models import AccessToken, AppSecret
from eaglet.auth.oauth.assertion import authenticate_by_assertion
from eaglet.auth.oauth.metadata import GRANT_TYPE
from eaglet.auth.oauth.request import ClientCredentials
from eaglet.auth.tokens import timestamps
from eaglet.auth.tokens.issuing import authenticate_app, issue_for
from eaglet.conf import conf
from eaglet.exceptions import InvalidAppKey
from eaglet.observability.redaction import one_line

logger = logging.getLogger("eaglet.auth")

Attempt = Callable[[str, str], AbstractContextManager[None]]
"""What credentials are checked in, of `auth.throttling`: it takes an address and an app key."""


class AppValidator(RequestValidator):
    """Answers oauthlib's questions about one caller, whose credentials `attempt` lets it check."""

    def __init__(self, credentials: ClientCredentials, address: str, attempt: Attempt) -> None:
        super().__init__()
        self._credentials = credentials
        self._address = address
        self._attempt = attempt

    @sensitive_variables()
    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """Return whether the credentials are an app's. Raises Throttled."""
        credentials = self._credentials
        try:
            with self._attempt(self._address, credentials.app_key):
                if credentials.assertion:
                    request.client = authenticate_by_assertion(
                        credentials.assertion, credentials.app_key or None
                    )
                else:
                    request.client = authenticate_app(credentials.app_key, credentials.secret)
        except InvalidAppKey:
            return False
        return True

    def validate_grant_type(self, *args: Any, **kwargs: Any) -> bool:
        """Allow every app the only grant type there is."""
        return True

    def get_default_scopes(self, *args: Any, **kwargs: Any) -> list[str]:
        """Return no scope."""
        return []

    def validate_scopes(self, client_id: str, scopes: list[str], *args: Any, **kwargs: Any) -> bool:
        """Return whether none is asked for."""
        return not scopes

    def save_token(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: a token is stored before it is handed out."""

    @sensitive_variables()
    def introspect_token(
        self, token: str, token_type_hint: str | None, request: Request, *args: Any, **kwargs: Any
    ) -> dict[str, Any] | None:
        """Return what RFC 7662 §2.2 says of a live token that is the client's to see, else None."""
        client = _client_of(request)
        if "." in token:
            return introspect_jwt(token, client)
        record = _live_token(token, client)
        if record is None:
            return None
        claims = {
            "client_id": record.app.app_key,
            "token_type": "Bearer",
            "iat": int(timestamps.from_field(record.created_at).timestamp()),
            "exp": int(timestamps.from_field(record.expires_at).timestamp()),
        }
        if record.audience:
            claims["aud"] = conf.EAGLET_AUDIENCES.get(record.audience, record.audience)
            claims["scope"] = " ".join(grants_at(record.app_id, record.audience))
        issuer = conf.EAGLET_ISSUER
        return claims if issuer is None else {**claims, "iss": issuer}

    @sensitive_variables()
    def revoke_token(
        self, token: str, token_type_hint: str | None, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Revoke a live token that is the client's to revoke (RFC 7009 §2.1)."""
        client = _client_of(request)
        record = _live_token(token, client)
        if record is not None and record.revoke():
            names = one_line(str(client.app)), one_line(str(record.app))
            logger.info("app %s revoked a token of app %s", *names)


class AppToken(TokenBase):
    """Issues tokens for oauthlib, as it has an app for a client."""

    __slots__ = ()

    @sensitive_variables()
    def create_token(self, request: Request, refresh_token: bool = False) -> dict[str, Any]:
        """Issue a token, without a refresh token (RFC 6749 §4.4.3)."""
        client = _client_of(request)
        resource = getattr(request, "resource", None)
        audience = "" if resource is None else audience_of(resource)
        issued = issue_for_audience(client, audience) if audience else issue_for(client)
        return {
            "access_token": issued.token,
            "token_type": "Bearer",
            "expires_in": issued.expires_in,
        }


class Server(TokenEndpoint, IntrospectEndpoint, RevocationEndpoint):
    """The standard's endpoints for one caller. oauthlib never sees the client's secret.

    Every token of an app has all of its grants, so any scope is an `invalid_scope`: who asks for
    less relies on getting it (RFC 6749 §3.3).
    """

    def __init__(self, validator: AppValidator) -> None:
        # Any, because the stubs of oauthlib know strings only.
        token_type: Any = AppToken()
        grant_types: Any = {GRANT_TYPE: ClientCredentialsGrant(validator)}
        TokenEndpoint.__init__(self, GRANT_TYPE, token_type, grant_types)
        IntrospectEndpoint.__init__(self, validator)
        RevocationEndpoint.__init__(self, validator)


def _client_of(request: Request) -> AppSecret:
    assert isinstance(request.client, AppSecret)  # noqa: S101 - for the type checker
    return request.client


@sensitive_variables()
def _live_token(token: str, client: AppSecret) -> AccessToken | None:
    client.touch()
    if not keys.is_access_token_shaped(token):
        return None
    # The database that is written to: a replica may not know of a revocation yet.
    tokens = AccessToken.objects.using(router.db_for_write(AccessToken)).live()
    record = tokens.select_related("app").filter(digest=keys.digest(token)).first()
    if record is None:
        return None
    own = record.app_id == client.app_id
    return record if own or client.app.may_introspect else None

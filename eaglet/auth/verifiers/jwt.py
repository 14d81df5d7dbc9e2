"""Verify JWT access tokens by the keys of their issuer (RFC 9068 §4, RFC 8725)."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.core.signals import setting_changed

from eaglet.auth.tokens.verification import CachingVerifier, VerifiedAccessToken, VerifiedApp
from eaglet.auth.verifiers.jwks import PublishedKeys
from eaglet.conf import conf
from eaglet.contracts.discovery import IssuerAway, endpoint
from eaglet.contracts.jose import ACCESS_TOKEN_TYPES, Expired, expiry, is_meant_for, read_untrusted
from eaglet.exceptions import ExpiredAccessToken, InvalidAccessToken


class ForeignAccessToken(VerifiedAccessToken):
    """The record of a good token that another service has issued."""

    __slots__ = ()


class JwtVerifier(CachingVerifier):
    """Verifies JWTs of EAGLET_ISSUER for EAGLET_AUDIENCE; safe to use from several threads."""

    def __init__(self) -> None:
        super().__init__()
        self._keys = PublishedKeys(_url_of_keys)
        setting_changed.connect(self._forget)

    def place(self) -> str:
        """Return what the keys are read for."""
        return conf.EAGLET_ISSUER or ""

    def look_up(self, place: str, token: str) -> VerifiedAccessToken:
        """Return the record of a token; raise InvalidAccessToken or ExpiredAccessToken."""
        try:
            told = read_untrusted(token)
        except ValueError as error:
            raise InvalidAccessToken(str(error)) from None
        if told.type.lower() not in ACCESS_TOKEN_TYPES or not told.kid:
            raise InvalidAccessToken("not an access token of the issuer")
        try:
            key = self._keys.get(told.kid)
        except IssuerAway as error:
            raise InvalidAccessToken(str(error)) from None
        if key is None or not key.has_signed(token, told):
            raise InvalidAccessToken("signed by no key of the issuer")
        return judge(told.claims, place)

    def _forget(self, *, setting: str, **kwargs: Any) -> None:
        if setting == "EAGLET_ISSUER":
            self._keys = PublishedKeys(_url_of_keys)


def _url_of_keys() -> str:
    return endpoint("jwks_uri")


def judge(claims: Mapping[str, Any], issuer: str) -> VerifiedAccessToken:
    """Return the record of a token that says this of itself; its scope is the app's grants.

    Raises ExpiredAccessToken, and InvalidAccessToken for what is not of this issuer, for this
    service, good now and some client's.
    """
    if not issuer or claims.get("iss") != issuer:
        raise InvalidAccessToken("of another issuer")
    if not is_meant_for(claims, conf.EAGLET_AUDIENCE or ""):
        raise InvalidAccessToken("for another service")
    try:
        ends_at = expiry(claims)
    except Expired:
        raise ExpiredAccessToken("the access token has expired") from None
    except ValueError as error:
        raise InvalidAccessToken(str(error)) from None
    client, scope = claims.get("client_id"), claims.get("scope")
    if not isinstance(client, str) or not isinstance(claims.get("sub"), str) or not client:
        raise InvalidAccessToken("names no client")
    grants = frozenset(scope.split()) if isinstance(scope, str) else frozenset()
    moment = datetime.datetime.fromtimestamp(ends_at, tz=datetime.UTC)
    return ForeignAccessToken(VerifiedApp(client, client, client), moment, grants)

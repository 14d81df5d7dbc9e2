"""Verify tokens by asking the issuer what they are (RFC 7662)."""

import time
from typing import Any, Final
from urllib.parse import quote_plus

from eaglet.auth.tokens.verification import CachingVerifier, VerifiedAccessToken
from eaglet.auth.verifiers.jwt import foreign
from eaglet.conf import conf
from eaglet.contracts.discovery import LARGEST_BYTES, IssuerAway, endpoint, read_object
from eaglet.contracts.fetching import fetch
from eaglet.contracts.jose import LARGEST_BYTES as LONGEST
from eaglet.contracts.jose import Expired, expiry, is_meant_for
from eaglet.exceptions import ExpiredAccessToken, InvalidAccessToken

_UNTIL_TOLD_OTHERWISE_SECONDS: Final = 60


class IntrospectionVerifier(CachingVerifier):
    """Asks EAGLET_ISSUER with APP_KEY and APP_SECRET, of an app that may introspect there."""

    def place(self) -> str:
        """Return who is asked."""
        return conf.EAGLET_ISSUER or ""

    def look_up(self, place: str, token: str) -> VerifiedAccessToken:
        """Return the record of a token; raise InvalidAccessToken or ExpiredAccessToken.

        The issuer being away is an InvalidAccessToken too: nothing is let in unasked.
        """
        if not place or len(token) > LONGEST or not (token.isascii() and token.isprintable()):
            raise InvalidAccessToken("not an access token of the issuer")
        try:
            content = fetch(
                endpoint("introspection_endpoint"),
                largest_bytes=LARGEST_BYTES,
                form={"token": token, "token_type_hint": "access_token"},
                # Each is form-encoded by itself first (RFC 6749 §2.3.1).
                credentials=(quote_plus(conf.APP_KEY or ""), quote_plus(conf.APP_SECRET or "")),
            )
            told = read_object(content)
        except (IssuerAway, OSError, ValueError) as error:
            raise InvalidAccessToken(f"the issuer can't be asked: {type(error).__name__}") from None
        return _judge(told, place)


def _judge(told: dict[str, Any], issuer: str) -> VerifiedAccessToken:
    client = told.get("client_id")
    if told.get("active") is not True or not isinstance(client, str):
        raise InvalidAccessToken("the issuer knows no such token")
    if told.get("iss", issuer) != issuer or not is_meant_for(told, conf.EAGLET_AUDIENCE or ""):
        raise InvalidAccessToken("for another service")
    try:
        ends_at = expiry({"exp": time.time() + _UNTIL_TOLD_OTHERWISE_SECONDS, **told})
    except Expired:
        raise ExpiredAccessToken("the access token has expired") from None
    except ValueError as error:
        raise InvalidAccessToken(str(error)) from None
    return foreign(client, ends_at, told.get("scope"))

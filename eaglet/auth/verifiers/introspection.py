"""Verify tokens by asking the issuer what they are (RFC 7662)."""

import logging
import time
from typing import Final
from urllib.parse import quote_plus

from eaglet.auth.tokens.verification import CachingVerifier, VerifiedAccessToken
from eaglet.auth.verifiers.jwt import judge
from eaglet.conf import conf
from eaglet.contracts.assertion import in_place_of_secret
from eaglet.contracts.discovery import LARGEST_BYTES, endpoint, read_object
from eaglet.contracts.fetching import UnexpectedStatus, fetch
from eaglet.contracts.jose import LARGEST_BYTES as LONGEST
from eaglet.exceptions import EagletError, InvalidAccessToken

logger = logging.getLogger("eaglet.auth")

_UNTIL_TOLD_OTHERWISE_SECONDS: Final = 60


class IntrospectionVerifier(CachingVerifier):
    """Asks EAGLET_ISSUER, as an app that may introspect there: by its secret, or a key's file."""

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
            form, pair = {"token": token, "token_type_hint": "access_token"}, None
            files = conf.EAGLET_CLIENT_PRIVATE_KEY_FILE, conf.EAGLET_CLIENT_ASSERTION_FILE
            if any(files):
                form |= in_place_of_secret(conf.APP_KEY or "", *files, place)
            else:
                # Each is form-encoded by itself first (RFC 6749 §2.3.1).
                pair = quote_plus(conf.APP_KEY or ""), quote_plus(conf.APP_SECRET or "")
            url = endpoint("introspection_endpoint")
            told = read_object(fetch(url, largest_bytes=LARGEST_BYTES, form=form, credentials=pair))
        except (EagletError, OSError, ValueError) as error:
            why = (
                error if isinstance(error, EagletError | UnexpectedStatus) else type(error).__name__
            )
            logger.warning("the issuer can't be asked about a token: %s", why)
            raise InvalidAccessToken("the issuer can't be asked") from None
        if told.get("active") is not True:
            raise InvalidAccessToken("the issuer knows no such token")
        # What an answer may leave out (RFC 7662 §2.2).
        ends_at = time.time() + _UNTIL_TOLD_OTHERWISE_SECONDS
        left_out = {"iss": place, "sub": told.get("client_id"), "exp": ends_at}
        return judge({**left_out, **told}, place)

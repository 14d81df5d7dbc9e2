"""Ask the verifiers of EAGLET_TOKEN_VERIFIERS, one after the other."""

from typing import Any, Final

from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from eaglet.api.request.caller import VerifiedToken
from eaglet.api.security.decorator import TokenVerifier
from eaglet.conf import conf
from eaglet.exceptions import ExpiredAccessToken, InvalidAccessToken

NAMES: Final = {
    "database": "eaglet.auth.tokens.verification.DatabaseTokenVerifier",
    "jwt": "eaglet.auth.verifiers.jwt.JwtVerifier",
    "introspection": "eaglet.auth.verifiers.introspection.IntrospectionVerifier",
}


class TokenVerifiers:
    """The verifiers that are set; a token is good if one of them says so."""

    def __init__(self) -> None:
        self._verifiers: list[TokenVerifier] = []
        setting_changed.connect(self._forget)

    def verify(self, token: str) -> VerifiedToken:
        """Return the record of a token; raise InvalidAccessToken or ExpiredAccessToken."""
        verifiers = self.each()
        for verifier in verifiers[:-1]:
            try:
                return verifier.verify(token)
            except ExpiredAccessToken:
                raise
            except InvalidAccessToken:
                continue
        return verifiers[-1].verify(token)

    def clear(self) -> None:
        """Drop whatever they keep."""
        self._verifiers = []

    def each(self) -> list[TokenVerifier]:
        """Return the verifiers, in the order of the setting; made when first asked for."""
        if not self._verifiers:
            names = conf.EAGLET_TOKEN_VERIFIERS
            self._verifiers = [import_string(NAMES.get(name, name))() for name in names]
        return self._verifiers

    def _forget(self, *, setting: str, **kwargs: Any) -> None:
        if setting == "EAGLET_TOKEN_VERIFIERS":
            self.clear()

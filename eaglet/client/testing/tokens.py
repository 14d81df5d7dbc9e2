"""Give and take access tokens as fake services."""

from __future__ import annotations

import datetime
import itertools
from typing import Any, Final

from django.utils import timezone

from eaglet.client.testing.answers import Reply

LIFETIME_SECONDS: Final = 7200


class FakeTokens:
    """Gives tokens and knows which of them are good."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._good: set[str] = set()

    def issue(self, now: datetime.datetime, *, is_legacy: bool) -> Reply:
        """Answer a request for a token; `now` is the service's time, right or wrong."""
        token = f"fake-token-{next(self._numbers)}"
        self._good.add(token)
        ends_at = timezone.make_naive(
            now + datetime.timedelta(seconds=LIFETIME_SECONDS), timezone.get_default_timezone()
        )
        data: dict[str, Any] = {
            "access_token": token,
            "expire_time": ends_at.strftime("%Y-%m-%d %H:%M:%S"),
        }
        if not is_legacy:  # which tells the time only
            data |= {"expires_in": LIFETIME_SECONDS, "token_type": "Bearer"}
        return Reply.enveloped(data, headers={"Cache-Control": "no-store"})

    def revoke(self, token: str) -> None:
        """Take a token no longer."""
        self._good.discard(token)

    def takes(self, token: str) -> bool:
        """Return whether a token is good."""
        return token in self._good


def refusal(*, is_legacy: bool) -> Reply:
    """Answer a call whose token is not good."""
    if is_legacy:
        return Reply.enveloped(code=500, message="Incorrect access_token!")
    return Reply.enveloped(
        code=401,
        message="The access token is wrong, expired or revoked.",
        status=401,
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )

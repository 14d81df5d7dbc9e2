"""Calls over HTTP, as any program could make them: with no help from eaglet."""

from __future__ import annotations

from typing import Any

import requests

TIMEOUT_SECONDS = 30


class Caller:
    """Calls services; a context, as it keeps connections open."""

    def __init__(self) -> None:
        self._session = requests.Session()
        # A proxy of the environment has no business with this machine's own address.
        self._session.trust_env = False

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *raised: object) -> None:
        self._session.close()

    def get(self, url: str, *, token: str | None = None, **params: Any) -> requests.Response:
        """GET a resource, with an access token if one is given."""
        return self._session.get(
            url, params=params, headers=_authorization(token), timeout=TIMEOUT_SECONDS
        )

    def post(self, url: str, data: dict[str, Any]) -> requests.Response:
        """POST a form."""
        return self._session.post(url, data=data, timeout=TIMEOUT_SECONDS)

    def put(self, url: str, data: dict[str, Any], *, token: str | None = None) -> requests.Response:
        """PUT a JSON object."""
        return self._session.put(
            url, json=data, headers=_authorization(token), timeout=TIMEOUT_SECONDS
        )


def _authorization(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}

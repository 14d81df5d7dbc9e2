"""Read what an issuer publishes of itself (RFC 8414)."""

import json
import time
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.signals import setting_changed

from eaglet.conf import conf
from eaglet.contracts.fetching import UnexpectedStatus, fetch
from eaglet.exceptions import EagletError

LARGEST_BYTES: Final = 256 * 1024
KEPT_FOR_SECONDS: Final = 3600.0
AGAIN_AFTER_SECONDS: Final = 10.0
_WELL_KNOWN: Final = "/.well-known/oauth-authorization-server"
_OPENID_WELL_KNOWN: Final = "/.well-known/openid-configuration"

_lock = Lock()
_kept: dict[str, tuple[dict[str, Any] | None, float]] = {}


class IssuerAway(EagletError):
    """The issuer can't be asked, or does not answer as the standards have it."""


def endpoint(name: str) -> str:
    """Return the URL that the issuer's metadata has under a name, such as `jwks_uri`.

    Raises IssuerAway; after that the issuer is left alone for AGAIN_AFTER_SECONDS.
    """
    issuer = conf.EAGLET_ISSUER or ""
    with _lock:
        metadata, until = _kept.get(issuer, (None, 0.0))
        now = time.monotonic()
        if now >= until:
            try:
                metadata = _metadata(issuer)
                until = now + KEPT_FOR_SECONDS
            except (OSError, ValueError) as error:
                until = now + AGAIN_AFTER_SECONDS
                _kept[issuer] = metadata, until
                if metadata is None:
                    raise IssuerAway(f"{issuer} can't be asked: {type(error).__name__}") from None
            _kept[issuer] = metadata, until
    if metadata is None:
        raise IssuerAway(f"{issuer} could not be asked a moment ago")
    url = metadata.get(name)
    # Secrets go there, and keys come from there: by no other way than the metadata did.
    if not isinstance(url, str) or urlsplit(url).scheme not in ("https", urlsplit(issuer).scheme):
        raise IssuerAway(f"the metadata of {issuer} has no {name}")
    return url


def _metadata(issuer: str) -> dict[str, Any]:
    parts = urlsplit(issuer)
    # The issuer's own path is written after the well-known one (RFC 8414 §3.1).
    url = parts._replace(path=_WELL_KNOWN + parts.path.rstrip("/")).geturl()
    try:
        content = fetch(url, largest_bytes=LARGEST_BYTES)
    except UnexpectedStatus:
        # Keycloak, for one, has them where OpenID Connect Discovery §4 has it.
        content = fetch(issuer.rstrip("/") + _OPENID_WELL_KNOWN, largest_bytes=LARGEST_BYTES)
    found = read_object(content)
    if found.get("issuer") != issuer:  # RFC 8414 §3.3
        raise ValueError("these are the metadata of another issuer")
    return found


def read_object(content: bytes) -> dict[str, Any]:
    """Return the JSON object that an issuer has answered with. Raises ValueError."""
    if len(content) > LARGEST_BYTES:
        raise ValueError("the answer is too large")
    try:
        found = json.loads(content)
    except RecursionError:
        found = None
    if not isinstance(found, dict):
        raise ValueError("the answer is no object")  # noqa: TRY004 - of the answer
    return found


setting_changed.connect(lambda **kwargs: _kept.clear(), weak=False)

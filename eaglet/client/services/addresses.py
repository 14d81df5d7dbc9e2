"""Read addresses as people write them, and tell which of them are the same host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from urllib3.util import parse_url

SCHEMES: Final = ("http", "https")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\?#]|^[a-z+.-]+://[^/]*@", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_MAPPED_NAME = re.compile(r"[A-Za-z0-9_@-]+(?:\.[A-Za-z0-9_@-]+)*")


@dataclass(frozen=True)
class Origin:
    """A scheme, host and port; `scheme` is None where either will do."""

    scheme: str | None
    host: str
    port: int | None

    def covers(self, other: Origin) -> bool:
        """Return whether `other`, which has a scheme and a port, is this host.

        Without a scheme, the port decides; without a port either, the scheme's own is meant.
        """
        if self.host != other.host or self.scheme not in (None, other.scheme):
            return False
        return other.port == (self.port or _DEFAULT_PORTS[other.scheme or "http"])


def is_name(name: object, *, mapped: bool = False) -> bool:
    """Return whether it can be a service's or a resource's name.

    Letters, digits, `_`, `-` and single dots between them; a mapped name, which comes from
    configuration and not from code, may contain `@`.
    """
    pattern = _MAPPED_NAME if mapped else _NAME
    return isinstance(name, str) and pattern.fullmatch(name) is not None


def base_url(address: str, *, scheme: str = "http") -> str:
    """Return the URL of an address, without a slash at its end; `scheme` is for one that has none.

    Raises ValueError, with a reason that repeats nothing of the address, for one that is not a
    host with perhaps a port and a path: a query, credentials or another scheme.
    """
    if not isinstance(address, str) or not address:
        raise ValueError("it must be a host, such as 'api.example.com' or 'https://host:8000'")
    if "://" not in address:
        address = f"{scheme}://{address}"
    if _FORBIDDEN.search(address):
        raise ValueError("it must not contain a query, credentials, spaces or backslashes")
    try:
        parsed = parse_url(address)
    except ValueError:
        raise ValueError("it has no host that can be read") from None
    if parsed.scheme not in SCHEMES:
        raise ValueError("its scheme must be http or https")
    if not parsed.host:
        raise ValueError("it has no host that can be read")
    # The zone of an IPv6 address stands escaped in URLs (RFC 6874), however people write it.
    return parsed._replace(host=parsed.host.replace("%", "%25", 1)).url.rstrip("/")


def origin(url: str) -> Origin:
    """Return the origin of a URL, with the scheme's own port where it names none."""
    parts = urlsplit(url)
    return Origin(parts.scheme, _host(parts.hostname), parts.port or _DEFAULT_PORTS[parts.scheme])


def trusted_origin(address: str) -> Origin:
    """Return the origin that an entry of a list of trusted hosts means; it may be without a scheme.

    Raises ValueError as `base_url` does.
    """
    url = base_url(address)
    if "://" in address:
        return origin(url)
    parts = urlsplit(url)
    return Origin(None, _host(parts.hostname), parts.port)


def _host(hostname: str | None) -> str:
    # A name with the root's dot is the same host.
    return (hostname or "").rstrip(".").lower()

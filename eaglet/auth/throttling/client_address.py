"""Tell callers apart by their address."""

import ipaddress
from typing import Final

from django.http import HttpRequest

from eaglet.conf import conf

_HOST_BITS: Final = 64
"""How much of an IPv6 address a network's own machines choose (RFC 4291 §2.5.4)."""


def client_address(request: HttpRequest) -> str:
    """Return the address to count a request under: an IPv4 address, or the /64 of an IPv6 one.

    It is the Nth from the right in X-Forwarded-For with EAGLET_TRUSTED_PROXIES = N, as what stands
    left of that may be made up; else, and where no address is there, REMOTE_ADDR.
    """
    proxies = conf.EAGLET_TRUSTED_PROXIES
    remote: str = request.META.get("REMOTE_ADDR") or ""
    if proxies > 0:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", proxies)
        if len(hops) >= proxies and (forwarded := _network(_without_port(hops[-proxies].strip()))):
            return forwarded
    return _network(remote) or remote


def _without_port(text: str) -> str:
    """Return an address without the port that some proxies write after it."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _network(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    prefix = int(address) >> _HOST_BITS << _HOST_BITS
    return f"{ipaddress.IPv6Address(prefix)}/64"

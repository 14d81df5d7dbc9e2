"""Tell callers apart by their address."""

import ipaddress
from typing import Final, TypeAlias

from django.http import HttpRequest

from eaglet.conf import conf

_HOST_BITS: Final = 64
"""How much of an IPv6 address a network's own machines choose (RFC 4291 §2.5.4)."""

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(request: HttpRequest) -> str:
    """Return the address to count a request under: an IPv4 address, or the /64 of an IPv6 one.

    It is the Nth from the right in X-Forwarded-For with EAGLET_TRUSTED_PROXIES = N, as what stands
    left of that may be made up; else, and where no address is there, REMOTE_ADDR.
    """
    remote: str = request.META.get("REMOTE_ADDR") or ""
    return _network(forwarded_address(request) or _address(remote)) or remote


def is_from(request: HttpRequest, networks: tuple[str, ...]) -> bool:
    """Tell whether a request comes from one of these networks, in CIDR notation.

    One that a proxy has passed on which EAGLET_TRUSTED_PROXIES does not count comes from nowhere.
    """
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        address = forwarded_address(request)
    else:
        address = _address(request.META.get("REMOTE_ADDR") or "")
    if address is None:
        return False
    return any(address in ipaddress.ip_network(network, strict=False) for network in networks)


def forwarded_address(request: HttpRequest) -> Address | None:
    """Return the address that the outermost of the trusted proxies has seen, if it says one."""
    proxies = conf.EAGLET_TRUSTED_PROXIES
    if proxies <= 0:
        return None
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", proxies)
    return _address(_without_port(hops[-proxies].strip())) if len(hops) >= proxies else None


def _without_port(text: str) -> str:
    """Return an address without the port that some proxies write after it."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _network(address: Address | None) -> str | None:
    if isinstance(address, ipaddress.IPv6Address):
        prefix = int(address) >> _HOST_BITS << _HOST_BITS
        return f"{ipaddress.IPv6Address(prefix)}/64"
    return str(address) if address else None

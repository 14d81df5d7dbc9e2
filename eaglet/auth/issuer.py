"""The URL that names this service as an authorization server (RFC 8414 §2)."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def check_issuer(issuer: str) -> None:
    """Raise ImproperlyConfigured for what RFC 8414 §2 does not let an issuer be."""
    parts = urlsplit(issuer) if isinstance(issuer, str) else None
    if (
        parts is None
        or parts.scheme != "https"
        or not parts.hostname
        or parts.username is not None
        or "?" in issuer
        or "#" in issuer
    ):
        raise ImproperlyConfigured(
            f"EAGLET_ISSUER must be an https URL without query or fragment, not {issuer!r}"
        )


def path_of(issuer: str) -> str:
    """The issuer's own path, which clients write after the well-known one (RFC 8414 §3.1)."""
    return urlsplit(issuer).path.strip("/")

"""What may go wrong while services are installed, started or controlled."""

from __future__ import annotations


class ServiceFailed(Exception):
    """A service can't be had; the text tells why, with the end of its log where it has one."""

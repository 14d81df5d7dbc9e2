"""The error that `geser` prints."""

from __future__ import annotations


class GeserError(Exception):
    """Say why geser refuses, and what to do instead; nothing has been written."""

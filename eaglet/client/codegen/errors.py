"""Why no module can be written."""

from __future__ import annotations

from eaglet.exceptions import EagletError


class InvalidDocument(EagletError):
    """There is no such document, or nothing can be made of it; the message is for a person."""

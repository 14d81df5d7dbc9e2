"""What geser says when it will not do what it was asked."""

from __future__ import annotations


class Refusal(Exception):
    """The reason, and what to do instead; nothing has been written."""

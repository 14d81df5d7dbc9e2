"""What is said of an entry of DATABASES that is wrong."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured


def entry_fault(name: str, key: str, text: str) -> ImproperlyConfigured:
    """The error that names the entry and the key; `text` says what is wrong, and what allowed."""
    return ImproperlyConfigured(f"DATABASES[{name!r}][{key!r}] {text}.")

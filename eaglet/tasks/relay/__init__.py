"""Publish what senders could not; the name is imported when first asked for."""

from typing import TYPE_CHECKING

from eaglet.imports import lazy_exports

if TYPE_CHECKING:
    from eaglet.tasks.relay.relay import Relay as Relay

__all__ = ["Relay"]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Relay": "eaglet.tasks.relay.relay",
    },
)

"""Talk to the broker; the names are imported when first asked for, as models are."""

from typing import TYPE_CHECKING

from eaglet.imports import lazy_exports

if TYPE_CHECKING:
    from eaglet.tasks.broker.connection import Broker as Broker
    from eaglet.tasks.broker.connection import publishing_app as publishing_app

__all__ = ["Broker", "publishing_app"]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Broker": "eaglet.tasks.broker.connection",
        "publishing_app": "eaglet.tasks.broker.connection",
    },
)

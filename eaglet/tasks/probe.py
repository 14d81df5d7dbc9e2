"""Whether the broker is there, for `/readyz`."""

from __future__ import annotations

from typing import Final

from eaglet.exceptions import BrokerUnavailable
from eaglet.tasks.broker import publishing_app
from eaglet.tasks.shown import describe

_CLOSING_SECONDS: Final = 0.1


def broker_answers() -> None:
    """Connect to the broker on a connection of its own; BrokerUnavailable if that fails."""
    try:
        connection = publishing_app().connection_for_write()
    except ValueError:
        # What was wrong with it is quoted by the error, and may be part of a password.
        raise BrokerUnavailable("the broker's URL can't be read") from None
    try:
        # Asking for the channel connects.
        connection.default_channel  # noqa: B018
    except Exception as error:  # noqa: BLE001 - whatever the transport raises
        raise BrokerUnavailable(describe(error)) from None
    finally:
        connection.collect(socket_timeout=_CLOSING_SECONDS)

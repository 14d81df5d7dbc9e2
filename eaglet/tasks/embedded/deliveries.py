"""Messages in flight: what a channel has delivered, and how that is settled."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from kombu.transport import virtual

from eaglet.tasks.embedded.folder import Taken
from eaglet.tasks.embedded.owners import Owner

if TYPE_CHECKING:
    from eaglet.tasks.embedded.channel import FolderChannel


class FolderMessage(virtual.Message):
    """A message that was taken; `taken` is its file in flight with `owner`."""

    def __init__(
        self, payload: dict[str, Any], channel: FolderChannel, taken: Taken, owner: Owner
    ) -> None:
        super().__init__(payload, channel=channel)
        self.channel: FolderChannel = channel
        self.taken = taken
        self.owner = owner


class FolderQoS(virtual.QoS):
    """What a channel has delivered and not had acknowledged, bounded by the prefetch count."""

    channel: FolderChannel
    _delivered: OrderedDict[str, FolderMessage]
    _dirty: set[str]

    def ack(self, delivery_tag: str) -> None:
        """Delete the message's file."""
        message = self._delivered.get(delivery_tag)
        try:
            if message is not None:
                self.channel.finish(message)
        finally:
            self._settled(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Delete the message's file, or put it back to the front of its queue."""
        message = self._delivered.get(delivery_tag)
        try:
            if message is not None:
                settle = self.channel.give_back if requeue else self.channel.finish
                settle(message)
        finally:
            self._settled(delivery_tag)

    def delivered_tags(self) -> list[str]:
        """The tags of what is not acknowledged yet, in the order of delivery."""
        return [tag for tag in list(self._delivered) if tag not in self._dirty]

    def _settled(self, delivery_tag: str) -> None:
        self._dirty.add(delivery_tag)
        transport = self.channel.connection
        if transport is not None:
            transport.wake()

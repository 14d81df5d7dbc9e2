"""A kombu channel over a queue folder: exchanges, queues, and messages in flight."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator
from queue import Empty
from typing import TYPE_CHECKING, Any, cast

from amqp.protocol import queue_declare_ok_t
from kombu.exceptions import ChannelError
from kombu.transport import virtual
from kombu.utils.json import dumps, loads
from kombu.utils.uuid import uuid

from eaglet.tasks.embedded.deliveries import FolderMessage, FolderQoS
from eaglet.tasks.embedded.exchanges import Binding, Exchange
from eaglet.tasks.embedded.folder import Taken
from eaglet.tasks.embedded.owners import Owner

if TYPE_CHECKING:
    from eaglet.tasks.embedded.transport import Transport


class FolderChannel(virtual.Channel):
    """A channel; with the first message or transient queue it has, it becomes an owner."""

    QoS = FolderQoS
    Message = FolderMessage
    supports_fanout = True
    # What was not acknowledged goes back with the owner, files and all.
    do_restore = False

    connection: Transport

    def __init__(self, connection: Transport, **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)
        self.folder = connection.folder
        self.exchanges = connection.exchanges
        self._owner: Owner | None = None
        self._tags = itertools.count(1)
        # What was declared here, to be made again should the folder have lost it.
        self._declared = connection.declared
        self._transient = connection.transient_queues

    @property
    def qos(self) -> FolderQoS:
        """What was delivered, and how much may be."""
        return cast(FolderQoS, super().qos)

    # Exchanges

    def exchange_declare(
        self,
        exchange: str | None = None,
        type: str = "direct",
        durable: bool = False,
        auto_delete: bool = False,
        arguments: dict[str, Any] | None = None,
        nowait: bool = False,
        passive: bool = False,
    ) -> None:
        """Declare an exchange. Raises ChannelError when it is there with another type."""
        type = type or "direct"
        exchange = exchange or f"amq.{type}"
        if passive:
            self._exchange(exchange)
            return
        if type not in self.exchange_types:
            raise ChannelError(
                f"COMMAND_INVALID - no exchange type {type!r}",
                (40, 10),
                "Channel.exchange_declare",
                503,
            )
        found = self.exchanges.declare(exchange, type)
        if found.type != type:
            raise ChannelError(
                f"PRECONDITION_FAILED - the exchange {exchange!r} is of type {found.type}, "
                f"not {type}",
                (40, 10),
                "Channel.exchange_declare",
                406,
            )
        self._declared.setdefault(exchange, Exchange(exchange, type))

    def exchange_delete(self, exchange: str, if_unused: bool = False, nowait: bool = False) -> None:
        """Delete an exchange with its bindings; with `if_unused`, only one without any."""
        found = self.exchanges.get(exchange)
        if found is not None and not (if_unused and found.bindings):
            self.exchanges.delete(exchange)
            self._declared.pop(exchange, None)

    def get_exchanges(self) -> list[str]:
        """The names of all exchanges."""
        return [exchange.name for exchange in self.exchanges.all()]

    def get_table(self, exchange: str) -> list[Any]:
        """The bindings of an exchange. Raises ChannelError when there is no such exchange."""
        return list(self._exchange(exchange).bindings)

    def typeof(self, exchange: str, default: str = "direct") -> Any:
        """What kombu has to match routing keys with, by the exchange's type."""
        return self.exchange_types[self._exchange(exchange).type]

    def list_bindings(self) -> Generator[tuple[str, str, str], None, None]:
        """All bindings, as (queue, exchange, routing key)."""
        return (
            (binding.queue, exchange.name, binding.routing_key)
            for exchange in self.exchanges.all()
            for binding in exchange.bindings
        )

    # Queues

    def queue_declare(
        self,
        queue: str | None = None,
        passive: bool = False,
        durable: bool = True,
        exclusive: bool = False,
        auto_delete: bool = False,
        **kwargs: Any,
    ) -> queue_declare_ok_t:
        """Declare a queue; returns its name, and how many messages are ready in it.

        Exclusive ones, and those that neither last nor outlive their consumers (`auto_delete`
        and not `durable`), go with the channels that declared or consumed them.
        """
        queue = queue or f"amq.gen-{uuid()}"
        if passive:
            if not self.folder.has_queue(queue):
                raise ChannelError(
                    f"NOT_FOUND - no queue {queue!r}", (50, 10), "Channel.queue_declare", 404
                )
        else:
            if exclusive or (auto_delete and not durable):
                self._transient.add(queue)
                self._own().claim(queue, consumed=exclusive)
            self.folder.make_queue(queue)
        return queue_declare_ok_t(queue, self.folder.size(queue), 0)

    def queue_bind(
        self,
        queue: str,
        exchange: str | None = None,
        routing_key: str = "",
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Lead an exchange to a queue. Raises ChannelError when there is no such exchange."""
        exchange = exchange or "amq.direct"
        binding = self._binding(queue, exchange, routing_key, arguments)
        found = self._exchange(exchange)
        self.exchanges.bind(exchange, found.type, binding)
        declared = self._declared.get(exchange, Exchange(exchange, found.type))
        if binding not in declared.bindings:
            self._declared[exchange] = Exchange(exchange, found.type, (*declared.bindings, binding))

    def queue_unbind(
        self,
        queue: str,
        exchange: str | None = None,
        routing_key: str = "",
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Take a binding away."""
        exchange = exchange or "amq.direct"
        binding = self._binding(queue, exchange, routing_key, arguments)
        self._forget(lambda declared: declared == binding)
        self.exchanges.unbind(exchange, binding)

    def queue_delete(
        self, queue: str, if_unused: bool = False, if_empty: bool = False, **kwargs: Any
    ) -> int:
        """Delete a queue with its bindings and its messages; returns how many were ready."""
        count = self.folder.size(queue)
        if if_empty and count:
            return 0
        self._forget(lambda declared: declared.queue == queue)
        with self.exchanges.locked():
            self.exchanges.forget_queue(queue)
            self.folder.remove_queue(queue)
        return count

    # Messages

    def basic_publish(
        self, message: dict[str, Any], exchange: str, routing_key: str, **kwargs: Any
    ) -> None:
        """Put a message into every queue it is for; when it returns, they are there to stay.

        Raises OSError when the folder fails, and ChannelError when there is no such exchange or,
        with `mandatory`, no queue that takes the message.
        """
        self._inplace_augment_message(message, exchange, routing_key)
        content = dumps(message).encode()
        if not exchange:
            self.folder.put(routing_key, content)
            return
        queues = self._lookup(exchange, routing_key)
        if not queues and kwargs.get("mandatory"):
            raise ChannelError(
                f"NO_ROUTE - no queue of {exchange!r} takes {routing_key!r}",
                (60, 40),
                "Channel.basic_publish",
                312,
            )
        for queue in queues:
            # A queue that goes loses its bindings first: if one still leads there, it is to be.
            if not self.folder.put(queue, content, make_queue=False) and (
                queue in self._lookup(exchange, routing_key)
            ):
                self.folder.put(queue, content)

    def basic_consume(
        self,
        queue: str,
        no_ack: bool,
        callback: Callable[..., Any] | None,
        consumer_tag: str | None,
        **kwargs: Any,
    ) -> Any:
        """Consume from a queue; with `no_ack` a message is deleted when it is delivered."""
        if queue in self._transient:
            self._own().claim(queue, consumed=True)
        super().basic_consume(queue, no_ack, callback, consumer_tag, **kwargs)

        def deliver(message: FolderMessage) -> Any:
            self._delivered(message, no_ack)
            return None if callback is None else callback(message)

        self.connection.set_callback(queue, deliver)

    def basic_get(self, queue: str, no_ack: bool = False, **kwargs: Any) -> FolderMessage | None:
        """Take the first message of a queue; None when there is none."""
        self.connection.maintain()
        try:
            message = self._get(queue)
        except Empty:
            return None
        self._delivered(message, no_ack)
        return message

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Delete a message; with `multiple`, all that were delivered before it, too."""
        if multiple:
            for earlier in self.qos.delivered_tags():
                if earlier == delivery_tag:
                    break
                self.qos.ack(earlier)
        self.qos.ack(delivery_tag)

    def finish(self, message: FolderMessage) -> None:
        """Delete a message's file, if it still is this process's to delete."""
        if message.owner.is_held:
            self.folder.finish(message.taken)

    def give_back(self, message: FolderMessage) -> None:
        """Put a message back to the front of its queue, if it still is this process's."""
        if message.owner.is_held:
            self.folder.give_back(message.taken)

    def check(self) -> None:
        """Raise OSError if others take this channel for dead, as when the folder was replaced."""
        if self._owner is not None and self._owner.is_held:
            self._owner.check()

    def close(self) -> None:
        """Close the channel; what was not acknowledged goes back to the front of its queue."""
        if not self.closed:
            super().close()
            if self._owner is not None:
                self._owner.release()

    # What kombu's own channel is written over

    def _get(self, queue: str, timeout: float | None = None) -> FolderMessage:
        owner = self._own()
        holder = owner.holder(queue)
        while (taken := self.folder.take(queue, holder)) is not None:
            try:
                return self._message(taken, owner)
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
                self.folder.set_aside(taken, repr(error))
        raise Empty

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        self.folder.put(queue, dumps(message).encode())

    def _restore(self, message: FolderMessage) -> None:
        self.give_back(message)

    def _restore_at_beginning(self, message: FolderMessage) -> None:
        self.give_back(message)

    def _purge(self, queue: str) -> int:
        return self.folder.purge(queue)

    def _size(self, queue: str) -> int:
        return self.folder.size(queue)

    def _has_queue(self, queue: str, **kwargs: Any) -> bool:
        return self.folder.has_queue(queue)

    def _new_queue(self, queue: str, **kwargs: Any) -> None:
        self.folder.make_queue(queue)

    def _own(self) -> Owner:
        # After a fork the parent's is not held here.
        if self._owner is None or not self._owner.is_held:
            self._owner = Owner(self.folder, self.exchanges)
        return self._owner

    def _message(self, taken: Taken, owner: Owner) -> FolderMessage:
        payload = loads(self.folder.read(taken))
        properties = payload["properties"]
        # The same message may be in several queues, and come more than once.
        properties["delivery_tag"] = f"{owner.name}.{next(self._tags)}"
        properties["delivery_info"]["redelivered"] = taken.redelivered
        return FolderMessage(payload, self, taken, owner)

    def _delivered(self, message: FolderMessage, no_ack: bool) -> None:
        # Of several channels with one connection, it need not be this one that took it.
        channel = message.channel
        if no_ack:
            channel.finish(message)
        else:
            channel.qos.append(message, str(message.delivery_tag))

    def _exchange(self, name: str) -> Exchange:
        found = self.exchanges.get(name)
        if found is None:
            declared = self._declared.get(name)
            if declared is None:
                raise ChannelError(
                    f"NOT_FOUND - no exchange {name!r}", (40, 10), "Channel.exchange_declare", 404
                )
            found = self.exchanges.declare(name, declared.type)
            for binding in declared.bindings:
                self.exchanges.bind(name, declared.type, binding)
            found = self.exchanges.get(name) or found
        return found

    def _binding(
        self, queue: str, exchange: str, routing_key: str, arguments: dict[str, Any] | None
    ) -> Binding:
        return Binding(
            *self.typeof(exchange).prepare_bind(queue, exchange, routing_key or "", arguments)
        )

    def _forget(self, is_it: Callable[[Binding], bool]) -> None:
        for name, declared in list(self._declared.items()):
            left = tuple(binding for binding in declared.bindings if not is_it(binding))
            self._declared[name] = Exchange(name, declared.type, left)

"""The embedded broker: a kombu transport over one SQLite file, for one machine, without a server.

`eaglet://` is the file in the folder EAGLET_QUEUE_DIR, `eaglet:///absolute/path` the one in that.
A message that was taken and not acknowledged comes first in its queue again when its channel closes
or its process dies. Of priorities 0 to 9 the highest comes first; lifetimes are ignored.
"""

import os
import time
from collections.abc import Collection
from contextlib import suppress
from queue import Empty
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from kombu.transport import virtual
from kombu.utils.json import dumps, loads

from eaglet.conf import conf
from eaglet.tasks.embedded.database import database_in
from eaglet.tasks.topic_exchange import TopicExchange

_QUEUE: Final = "(SELECT id FROM queue WHERE name = ?)"
_READY: Final = f"FROM message WHERE queue = {_QUEUE} AND owner IS NULL"
_TAKE: Final = f"""
UPDATE message SET owner = ?, taken = taken + 1
WHERE id = (SELECT id {_READY} ORDER BY rank, id LIMIT 1) RETURNING id, taken, body
"""
_PUT: Final = """
INSERT INTO message (queue, rank, body)
SELECT id, ?, ? FROM queue WHERE name IN ({}) RETURNING id
"""
_DELETE: Final = "DELETE FROM message WHERE id = ? AND owner = ?"
_GIVE_BACK: Final = "UPDATE message SET owner = NULL WHERE id = ? AND owner = ?"


class _TopicExchange(TopicExchange):
    def deliver(self, message: Any, exchange: str, routing_key: str, **kwargs: Any) -> None:
        # To all of its queues, or to none.
        self.channel._put_fanout(exchange, message, routing_key)


class Channel(virtual.Channel):
    """A channel, which owns the messages that it takes and the transient queues it consumes."""

    connection: "Transport"
    supports_fanout = True
    # What was not acknowledged goes back with the owner.
    do_restore = False
    exchange_types = {**virtual.Channel.exchange_types, "topic": _TopicExchange}
    _owner = 0

    def __init__(self, connection: "Transport", **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)
        self._database = connection.database
        self._execute = self._database.execute

    def typeof(self, exchange: str, default: str = "direct") -> Any:
        # Any process may have bound it.
        for (type,) in self._execute("SELECT type FROM binding WHERE exchange = ?", exchange):
            return self.exchange_types[type]
        return super().typeof(exchange, default)

    def get_table(self, exchange: str) -> list[Any]:
        bindings = "SELECT routing_key, pattern, name FROM binding JOIN queue ON queue.id = queue"
        return self._execute(f"{bindings} WHERE exchange = ?", exchange)

    def queue_bind(self, queue: str, exchange: Any = "", routing_key: Any = "", **_: Any) -> None:  # type: ignore[override]
        kind = self.typeof(exchange)
        binding = exchange, kind.type, *kind.prepare_bind(queue, exchange, routing_key or "", None)
        self._execute(f"INSERT OR IGNORE INTO binding VALUES (?, ?, ?, ?, {_QUEUE})", *binding)

    def queue_unbind(self, queue: str, exchange: Any = "", routing_key: Any = "", **_: Any) -> None:  # type: ignore[override]
        where = f"exchange = ? AND routing_key = ? AND queue = {_QUEUE}"
        self._execute(f"DELETE FROM binding WHERE {where}", exchange, routing_key or "", queue)

    def queue_delete(self, queue: str, *_: Any, if_empty: bool = False, **__: Any) -> None:
        if not (if_empty and self._size(queue)):
            self._execute("DELETE FROM queue WHERE name = ?", queue)

    def basic_consume(
        self, queue: str, no_ack: bool, callback: Any, consumer_tag: str | None, **kwargs: Any
    ) -> Any:
        def acknowledge_first(message: Any) -> Any:
            self.basic_ack(message.delivery_tag)
            return callback(message)

        self._execute("UPDATE queue SET owner = ? WHERE name = ? AND transient", self._own(), queue)
        on_message = acknowledge_first if no_ack else callback
        self.connection.wake()
        return super().basic_consume(queue, False, on_message, consumer_tag, **kwargs)

    def basic_get(self, queue: str, no_ack: bool = False, **kwargs: Any) -> Any:
        message = super().basic_get(queue)
        if message is not None and no_ack:
            message.ack()
        return message

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        self._settle(_DELETE, delivery_tag)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        self._settle(_GIVE_BACK if requeue else _DELETE, delivery_tag)

    def close(self) -> None:
        super().close()
        # If the database fails it, whoever sweeps next ends it.
        with suppress(OSError):
            self._database.end(self._owner)

    def _new_queue(self, queue: str, **kwargs: Any) -> None:
        leaves = kwargs.get("auto_delete") and not kwargs.get("durable")
        declare = "INSERT OR IGNORE INTO queue (name, transient) VALUES (?, ?)"
        self._execute(declare, queue, bool(kwargs.get("exclusive") or leaves))

    def _own(self) -> int:
        # There may be none yet, or the one of the process that has forked this one.
        if self._owner not in self._database.owners:
            self._owner = self._database.new_owner()
        return self._owner

    def _has_queue(self, queue: str, **kwargs: Any) -> bool:
        return self._execute(f"SELECT {_QUEUE}", queue) != [(None,)]

    def _size(self, queue: str) -> int:
        return int(self._execute(f"SELECT count(*) {_READY}", queue)[0][0])

    def _purge(self, queue: str) -> int:
        return len(self._execute(f"DELETE {_READY} RETURNING id", queue))

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        exchange = message["properties"]["delivery_info"]["exchange"]
        # A queue that an exchange has led to is not to come back when it has gone.
        while not self._put_in([queue], message) and not exchange:
            self._new_queue(queue)

    def _put_fanout(self, exchange: str, message: Any, routing_key: str, **kwargs: Any) -> None:
        self._put_in(self._lookup(exchange, routing_key), message)

    def _put_in(self, queues: Collection[str], message: dict[str, Any]) -> list[Any]:
        rank = self._get_message_priority(message, reverse=True)
        names = ", ".join("?" * len(queues))
        return self._execute(_PUT.format(names), rank, dumps(message), *queues)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        self._database.sweep()
        # An UPDATE keeps others from writing, even if it finds nothing.
        ready = self._execute(f"SELECT 1 {_READY} LIMIT 1", queue)
        for row, taken, body in ready and self._execute(_TAKE, self._own(), queue):
            message: dict[str, Any] = loads(body)
            # The same message may be in several queues, and come more than once.
            message["properties"]["delivery_tag"] = f"{row}.{taken}"
            message["properties"]["delivery_info"]["redelivered"] = taken > 1
            return message
        raise Empty

    def _restore(self, message: Any) -> None:
        self._settle(_GIVE_BACK, message.delivery_tag)

    def _settle(self, statement: str, delivery_tag: str) -> None:
        try:
            if self._owner in self._database.owners:
                self._execute(statement, int(delivery_tag.partition(".")[0]), self._owner)
        finally:
            self.qos.ack(delivery_tag)
            if self.connection is not None:
                self.connection.wake()


class Transport(virtual.Transport):
    """A connection to the database."""

    Channel = Channel
    can_parse_url = True
    driver_type = driver_name = "eaglet"
    polling_interval = 0.015
    _loop: Any = None
    _version: Any = None
    _delivered_at = 0.0
    connection_errors = (*virtual.Transport.connection_errors, OSError)
    # Without an event loop Celery's pool passes tasks through one lock, which a child that is
    # killed takes with it.
    implements = virtual.Transport.implements.extend(
        asynchronous=True, exchange_type=frozenset(["direct", "topic", "fanout"])
    )

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        # kombu takes the URLs of alternatives apart itself.
        url = urlsplit(client.hostname if "://" in (client.hostname or "") else "")
        path = (unquote(url.path) or client.virtual_host or "").strip("/")
        if url.netloc or url.query:
            raise ImproperlyConfigured("The embedded broker's URL is eaglet:///absolute/path")
        # By default where the XDG Base Directory Specification has state kept.
        own = f"{os.environ.get('XDG_STATE_HOME') or '~/.local/state'}/eaglet/queue"
        folder = f"/{path}" if path else conf.EAGLET_QUEUE_DIR or own
        self.database = database_in(os.path.abspath(os.path.expanduser(folder)))

    def as_uri(self, uri: str, include_password: bool = False, mask: str = "**") -> str:
        return f"eaglet://{quote(self.database.folder)}"

    def establish_connection(self) -> Any:
        # It is opened, made if need be, and seen to be one that can be written to.
        self.database.execute("PRAGMA user_version = 1")
        return super().establish_connection()

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        self._loop = loop
        self._poll()

    def _poll(self) -> None:
        # Seldom once nothing has come for 5 s: 25 looks a second cost half of what 66 do.
        is_quiet = time.monotonic() - self._delivered_at > 5
        self._loop.call_later(0.04 if is_quiet else self.polling_interval, self._poll)
        self.database.sweep()
        if (version := self.database.version()) != self._version:
            self._version = version
            self._deliver_ready()

    def wake(self) -> None:
        """Look now: there is room for messages."""
        if self._loop is not None:
            self._loop.call_later(0, self._deliver_ready)

    def _deliver_ready(self) -> None:
        # Not without end: the loop has other things to do.
        connection: Any = self
        with suppress(TimeoutError):
            for _ in range(100):
                self.drain_events(connection, timeout=0)
                self._delivered_at = time.monotonic()

"""The embedded broker: a kombu transport over one SQLite file, for one machine, without a server.

`eaglet://` is the file in the folder EAGLET_QUEUE_DIR, `eaglet:///absolute/path` the one in that.
Transport options: `fsync` (see `database`) and `polling_interval` (seconds). A message that was
taken and not acknowledged comes first in its queue again when its channel closes or its process
dies. Of priorities 0 to 9 the highest comes first; lifetimes are ignored.
"""

from __future__ import annotations

import itertools
import logging
import os
import socket
import threading
import time
from contextlib import suppress
from queue import Empty
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from kombu.transport import virtual
from kombu.utils.json import dumps, loads
from kombu.utils.scheduling import FairCycle

from eaglet.conf import conf
from eaglet.tasks.embedded.database import database_in
from eaglet.tasks.embedded.folder import default_folder

logger = logging.getLogger("eaglet.tasks")

_LONGEST_LOOK_SECONDS: Final = 0.05
_QUEUE: Final = "(SELECT id FROM queue WHERE name = ?)"
_READY: Final = f"FROM message WHERE queue = {_QUEUE} AND owner IS NULL"
_FIRST: Final = f"id = (SELECT id {_READY} ORDER BY rank, id LIMIT 1) RETURNING id, body, taken"
_TAKE: Final = f"UPDATE message SET owner = ?, taken = taken + 1 WHERE {_FIRST} - 1"
# No id is used twice, or an acknowledgement that comes late could be that of another message.
_PUT: Final = """
INSERT INTO message (id, queue, rank, body)
SELECT max((SELECT coalesce(max(id), 0) + 1 FROM message), ?), id, ?, ? FROM queue WHERE name = ?
RETURNING id
"""
_DELETE: Final = "DELETE FROM message WHERE id = ? AND owner = ?"
_GIVE_BACK: Final = "UPDATE message SET owner = NULL WHERE id = ? AND owner = ?"

_deliveries = itertools.count(1)


class Channel(virtual.Channel):
    """A channel, which owns the messages that it takes and the transient queues it consumes."""

    connection: Transport
    supports_fanout = True
    # What was not acknowledged goes back with the owner.
    do_restore = False

    def __init__(self, connection: Transport, **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)
        self._database = connection.database
        self._execute = self._database.execute
        self._owners = [0, 0]
        self._not_acknowledged: set[str] = set()

    def typeof(self, exchange: str, default: str = "direct") -> Any:
        # Any process may have bound it.
        for (type,) in self._execute("SELECT type FROM binding WHERE exchange = ?", exchange):
            return self.exchange_types[type]
        return super().typeof(exchange, default)

    def get_table(self, exchange: str) -> list[Any]:
        bindings = "SELECT routing_key, pattern, name FROM binding JOIN queue ON queue.id = queue"
        return self._execute(f"{bindings} WHERE exchange = ?", exchange)

    def queue_bind(
        self, queue: str, exchange: str | None = None, routing_key: str = "", *_: Any, **__: Any
    ) -> None:
        kind = self.typeof(exchange or "")
        binding = exchange, kind.type, *kind.prepare_bind(queue, exchange, routing_key or "", None)
        self._execute(f"INSERT OR IGNORE INTO binding VALUES (?, ?, ?, ?, {_QUEUE})", *binding)

    def queue_unbind(
        self, queue: str, exchange: str | None = None, routing_key: str = "", *_: Any, **__: Any
    ) -> None:
        where = f"exchange = ? AND routing_key = ? AND queue = {_QUEUE}"
        self._execute(f"DELETE FROM binding WHERE {where}", exchange, routing_key or "", queue)

    def queue_delete(
        self, queue: str, if_unused: bool = False, if_empty: bool = False, **kwargs: Any
    ) -> None:
        if not (if_empty and self._size(queue)):
            self._execute("DELETE FROM queue WHERE name = ?", queue)

    def basic_qos(self, *args: Any, **kwargs: Any) -> None:
        super().basic_qos(*args, **kwargs)
        self.connection.wake()

    def basic_consume(self, queue: str, no_ack: bool, *args: Any, **kwargs: Any) -> Any:
        self._claim(queue)
        if no_ack:
            self._not_acknowledged.add(queue)
        super().basic_consume(queue, no_ack, *args, **kwargs)
        self.connection.wake()

    def basic_get(self, queue: str, no_ack: bool = False, **kwargs: Any) -> Any:
        self._database.sweep()
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
        try:
            self._database.release(*self._owners)
        except OSError as error:
            logger.warning("Messages in flight are given back later: %s", error)

    def _new_queue(self, queue: str, **kwargs: Any) -> None:
        exclusive = bool(kwargs.get("exclusive"))
        transient = exclusive or (kwargs.get("auto_delete") and not kwargs.get("durable"))
        declare = "INSERT OR IGNORE INTO queue (name, transient) VALUES (?, ?)"
        self._execute(declare, queue, bool(transient))
        if exclusive:
            self._claim(queue)

    def _claim(self, queue: str) -> None:
        claim = "UPDATE queue SET owner = ? WHERE name = ? AND transient"
        self._execute(claim, self._own(takes=False), queue)

    def _own(self, takes: bool) -> int:
        if self._owners[takes] not in self._database.owners:
            self._owners[takes] = self._database.new_owner(takes)
        return self._owners[takes]

    def _has_queue(self, queue: str, **kwargs: Any) -> bool:
        return self._execute(f"SELECT {_QUEUE}", queue) != [(None,)]

    def _size(self, queue: str) -> int:
        return int(self._execute(f"SELECT count(*) {_READY}", queue)[0][0])

    def _purge(self, queue: str) -> int:
        return len(self._execute(f"DELETE {_READY} RETURNING id", queue))

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        rank = self._get_message_priority(message, reverse=True)
        values = time.time_ns() // 1000, rank, dumps(message), queue
        exchange = message["properties"]["delivery_info"]["exchange"]
        self._database.check_file()
        # A queue that an exchange has led to is not to come back when it has gone.
        while not self._execute(_PUT, *values) and not exchange:
            self._new_queue(queue)

    def _put_fanout(self, exchange: str, message: Any, routing_key: str, **kwargs: Any) -> None:
        for queue in self._lookup(exchange, routing_key):
            self._put(queue, message)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        if queue in self._not_acknowledged:
            owner, rows = 0, self._execute(f"DELETE FROM message WHERE {_FIRST}", queue)
        else:
            owner = self._own(takes=True)
            rows = self._execute(_TAKE, owner, queue)
        for row, body, taken in rows:
            message: dict[str, Any] = loads(body)
            # The same message may be in several queues, and come more than once.
            message["properties"]["delivery_tag"] = f"{owner}.{row}.{next(_deliveries)}"
            message["properties"]["delivery_info"]["redelivered"] = taken > 0
            return message
        raise Empty

    def _restore(self, message: Any) -> None:
        self._settle(_GIVE_BACK, message.delivery_tag)

    def _settle(self, statement: str, delivery_tag: str) -> None:
        owner, row, _ = map(int, delivery_tag.split("."))
        try:
            # After a fork it is the parent's.
            if owner in self._database.owners:
                self._execute(statement, row, owner)
        finally:
            self.qos.ack(delivery_tag)
            if self.connection is not None:
                self.connection.wake()


class Transport(virtual.Transport):
    """A connection to the database."""

    Channel = Channel
    cycle: FairCycle
    can_parse_url = True
    driver_type = driver_name = "eaglet"
    polling_interval = 0.015
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
        folder = f"/{path}" if path else conf.EAGLET_QUEUE_DIR or default_folder()
        self.database = database_in(os.path.abspath(os.path.expanduser(folder)))
        self.database.fsync |= bool((client.transport_options or {}).get("fsync"))
        self._look = True
        self._version: object = None
        self._woken = threading.Event()
        self._loop: Any = None
        self._timer: Any = None
        self._ears: tuple[socket.socket, ...] = ()

    def as_uri(self, uri: str, include_password: bool = False, mask: str = "**") -> str:
        return f"eaglet://{quote(self.database.folder)}"

    def establish_connection(self) -> Any:
        self.database.check_file()
        # It is opened, made if need be, and seen to be one that can be written to.
        self.database.execute("PRAGMA user_version = 1")
        return super().establish_connection()

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        give_up_at = time.monotonic() + (threading.TIMEOUT_MAX if timeout is None else timeout)
        while not self._deliver_one():
            if (left := give_up_at - time.monotonic()) <= 0:
                raise TimeoutError
            self._woken.wait(min(left, self.polling_interval))

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        self._loop, self._ears = loop, socket.socketpair()
        for ear in self._ears:
            ear.setblocking(False)
        loop.add_reader(self._ears[0], self._hear)
        self._timer = loop.call_repeatedly(self.polling_interval, self._deliver_ready)

    def close_connection(self, connection: Any) -> None:
        if self._loop is not None:
            self._timer.cancel()
            self._loop.remove_reader(self._ears[0])
            self._loop = None
            for ear in self._ears:
                ear.close()
        super().close_connection(connection)

    def wake(self) -> None:
        """Look now: there may be messages, or room for them."""
        self._look = True
        self._woken.set()
        # When it can't be sent, enough was, or the connection is closed.
        with suppress(OSError):
            for ear in self._ears[1:]:
                ear.send(b"\0")

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            self._ears[0].recv(4096)
        self._deliver_ready()

    def _deliver_ready(self) -> None:
        # Not without end: the loop has other things to do.
        end = time.monotonic() + _LONGEST_LOOK_SECONDS
        while self._deliver_one():
            if time.monotonic() > end:
                return self.wake()

    def _deliver_one(self) -> bool:
        self.database.sweep()
        self._woken.clear()
        version = None if self._look else self.database.version()
        if version is not None and version == self._version:
            return False
        self._look, self._version = False, version
        with suppress(Empty):
            self.cycle.get(self._deliver)
            self._look = True
        return self._look

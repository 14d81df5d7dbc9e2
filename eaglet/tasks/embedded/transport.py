"""The embedded broker: a kombu transport over one folder, for one machine, that needs no server.

`broker_url = "eaglet://"` keeps its messages in the folder that EAGLET_QUEUE_DIR names, and
`eaglet:///absolute/path` in that one. Transport options, all optional: `folder` (after the URL's
path and before the setting), `fsync` (True guards against a power cut; slow), and
`polling_interval` (seconds).

A message is delivered at least once: one that was taken and not acknowledged goes back to the
front of its queue when its channel closes or its process dies. Priorities, and the lifetimes of
messages and queues, are ignored. Errors of the folder are OSErrors, and `connection_errors`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cached_property
from queue import Empty
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from kombu.transport import virtual
from kombu.utils.scheduling import FairCycle

import eaglet
from eaglet.conf import conf
from eaglet.tasks.embedded.channel import FolderChannel
from eaglet.tasks.embedded.deliveries import FolderMessage
from eaglet.tasks.embedded.exchanges import Exchange, ExchangeFiles
from eaglet.tasks.embedded.folder import QueueFolder
from eaglet.tasks.embedded.owners import sweep
from eaglet.tasks.embedded.private_folder import default_folder

_LONGEST_POLL_SECONDS: Final = 0.05
_POLL_GROWTH: Final = 1.25
_AT_ONCE: Final = 100
_SWEEP_SECONDS: Final = 1.0
_CLEANING_SECONDS: Final = 60.0


class Transport(virtual.Transport):
    """A connection to the folder. Connecting makes sure that it can be written to."""

    Channel = FolderChannel
    cycle: FairCycle
    _callbacks: dict[str, Callable[..., Any]]

    can_parse_url = True
    driver_type = "eaglet"
    driver_name = "eaglet"
    polling_interval = 0.02
    connection_errors = (*virtual.Transport.connection_errors, OSError)
    implements = virtual.Transport.implements.extend(
        # Without an event loop Celery's pool passes tasks through one lock, which a child that is
        # killed takes with it.
        asynchronous=True,
        exchange_type=frozenset(["direct", "topic", "fanout"]),
    )

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        options = client.transport_options or {}
        self._hostname: str | None = client.hostname
        self._virtual_host: str | None = client.virtual_host
        self._folder_option = options.get("folder")
        self._fsync = bool(options.get("fsync", False))
        # An interval that was asked for is kept to.
        self._longest_poll = (
            _LONGEST_POLL_SECONDS
            if options.get("polling_interval") is None
            else self.polling_interval
        )
        self._woken = threading.Event()
        self._loop: Any = None
        self._looking_soon = False
        self._sweep_at = 0.0
        self._clean_at = 0.0
        self.declared: dict[str, Exchange] = {}
        self.transient_queues: set[str] = set()

    @cached_property
    def folder(self) -> QueueFolder:
        """The folder of this connection. Raises ImproperlyConfigured when the URL is no path."""
        path = self._url_path() or self._folder_option or conf.EAGLET_QUEUE_DIR or default_folder()
        return QueueFolder(path, fsync=self._fsync)

    @cached_property
    def exchanges(self) -> ExchangeFiles:
        """The exchanges in the folder."""
        return ExchangeFiles(self.folder)

    def establish_connection(self) -> Transport:
        """Check the folder, and make it if need be. Raises OSError, saying what to do."""
        self.folder.open()
        super().establish_connection()
        return self

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """Deliver one message, as soon as there is one. Raises TimeoutError after `timeout`."""
        give_up_at = None if timeout is None else time.monotonic() + timeout
        interval = self.polling_interval
        while True:
            self.maintain()
            self._woken.clear()
            try:
                self.cycle.get(self._deliver, timeout=timeout)
            except Empty:
                wait = interval
            else:
                return
            if give_up_at is not None:
                left = give_up_at - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                wait = min(wait, left)
            # An acknowledgement by another thread may make room for the next message.
            self._woken.wait(wait)
            interval = min(interval * _POLL_GROWTH, self._longest_poll)

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Have a worker's event loop look for messages, and deliver all that are ready."""
        self._loop = loop
        loop.call_later(0, self._look, self.polling_interval)

    def close_connection(self, connection: Any) -> None:
        """Close every channel; an event loop is left alone from now on."""
        self._loop = None
        super().close_connection(connection)

    def _look(self, interval: float) -> None:
        if self._loop is not None:
            if self._deliver_what_is_ready():
                interval = self.polling_interval
            longer = min(interval * _POLL_GROWTH, self._longest_poll)
            self._loop.call_later(interval, self._look, longer)

    def _look_soon(self) -> None:
        self._looking_soon = False
        if self._loop is not None:
            self._deliver_what_is_ready()

    def _deliver_what_is_ready(self) -> bool:
        self.maintain()
        # Not without end: the loop has other things to do.
        for count in range(_AT_ONCE):
            try:
                self.cycle.get(self._deliver)
            except Empty:
                return count > 0
        return True

    def maintain(self) -> None:
        """Once a second: look for dead owners, and whether the folder still is the one it was.

        Raises OSError when it is not.
        """
        now = time.monotonic()
        if now >= self._sweep_at:
            self._sweep_at = now + _SWEEP_SECONDS
            for channel in list(self.channels or ()):
                if isinstance(channel, FolderChannel):
                    channel.check()
            sweep(self.folder, self.exchanges)
            if now >= self._clean_at:
                self._clean_at = now + _CLEANING_SECONDS
                self.folder.remove_stale_files()

    def wake(self) -> None:
        """Look for messages now, rather than when it is time."""
        self._woken.set()
        if self._loop is not None and not self._looking_soon:
            self._looking_soon = True
            self._loop.call_soon(self._look_soon)

    def set_callback(self, queue: str, callback: Callable[[FolderMessage], Any]) -> None:
        """Have the messages of a queue delivered to this one."""
        self._callbacks[queue] = callback

    def as_uri(self, uri: str, include_password: bool = False, mask: str = "**") -> str:
        """The URL with the folder it leads to, for logs."""
        return f"eaglet://{quote(self.folder.path)}"

    def driver_version(self) -> str:
        """The version of eaglet."""
        return eaglet.__version__

    def _reject_inbound_message(self, raw_message: FolderMessage) -> None:
        raw_message.channel.give_back(raw_message)

    def _url_path(self) -> str | None:
        if self._hostname and "://" in self._hostname:
            parts = urlsplit(self._hostname)
            if parts.netloc or parts.query or parts.fragment:
                raise ImproperlyConfigured(
                    f"{self._hostname}: the embedded broker's URL is eaglet:// or "
                    "eaglet:///absolute/path, with whatever is special in a path quoted"
                )
            path = unquote(parts.path)
        else:
            # kombu takes the URLs of alternatives apart itself.
            path = "/" + (self._virtual_host or "").lstrip("/")
        return None if path.strip("/") == "" else path

"""Brokers that are servers, and may have other work: nothing of others is taken or removed."""

from __future__ import annotations

import json
import secrets
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

import kombu

from demo.brokers import QUEUE, Broker, BrokerUnusable
from demo.forwarder import Forwarder

T = TypeVar("T")
_CONNECT_SECONDS = 5
_DEFAULT_QUEUE = "testproject.template_message"


class BrokerServer(Broker):
    """A broker that is a server, which the roles reach by way of a forwarder."""

    default_port: ClassVar[int]
    cutting = "The way to the broker is cut: connections are broken, and new ones are reset."

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self._forwarder = Forwarder(parts.hostname or "localhost", parts.port or self.default_port)
        user, at, _ = parts.netloc.rpartition("@")
        forwarded = parts._replace(netloc=f"{user}{at}127.0.0.1:{self._forwarder.port}")
        self.variables: Mapping[str, str] = {"CELERY_BROKER_URL": forwarded.geturl()}

    @property
    def password(self) -> str:
        """What is not to be shown of its URL."""
        return urlsplit(self.url).password or ""

    def __enter__(self) -> BrokerServer:
        with ExitStack() as stack:
            stack.enter_context(self._forwarder)
            self.reserve()
            stack.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._forwarder.__exit__(exc_type, exc, traceback)
        self.clean()

    @abstractmethod
    def reserve(self) -> None:
        """See that what the roles will use is nobody else's; BrokerUnusable if it is."""

    @abstractmethod
    def clean(self) -> None:
        """Remove what the roles have left there, and nothing else."""

    def cut(self) -> None:
        """Cut the way to it."""
        self._forwarder.cut()

    def restore(self) -> None:
        """Restore the way to it."""
        self._forwarder.restore()


class RabbitMQ(BrokerServer):
    """RabbitMQ, in the virtual host of the URL."""

    title = "RabbitMQ"
    default_port = 5672

    def reserve(self) -> None:
        """Refuse when there is such a queue already: a real service may be behind it."""
        if self._ask(lambda channel: channel.queue_declare(QUEUE, passive=True)) is not None:
            raise BrokerUnusable(
                f"The virtual host at CELERY_BROKER_URL has a queue {QUEUE} already. If that is "
                "a real service's, name another virtual host; if it was left by a walkthrough "
                "that was killed, delete it."
            )

    def clean(self) -> None:
        """Delete the queues and exchanges that the roles have declared."""
        for name in (QUEUE, _DEFAULT_QUEUE):
            self._ask(lambda channel, name=name: channel.queue_delete(name))
            self._ask(lambda channel, name=name: channel.exchange_delete(name, if_unused=True))

    def waiting(self) -> list[str]:
        """The messages that are ready, says RabbitMQ."""
        found = self._ask(lambda channel: channel.queue_declare(QUEUE, passive=True))
        count = 0 if found is None else found.message_count
        return [f"message {number + 1} of {QUEUE} in RabbitMQ" for number in range(count)]

    def _ask(self, question: Callable[[Any], T]) -> T | None:
        """The answer to one question, on a channel of its own; None for what is not there."""
        with kombu.Connection(self.url, connect_timeout=_CONNECT_SECONDS) as connection:
            try:
                connection.connect()
                return question(connection.channel())
            except connection.channel_errors as error:
                if getattr(error, "reply_code", None) == 404:
                    return None
                raise BrokerUnusable(f"RabbitMQ refuses: {error}") from error
            except connection.connection_errors as error:
                raise BrokerUnusable(f"RabbitMQ can't be used: {error}") from error


class Redis(BrokerServer):
    """Redis, in the database of the URL, under a prefix of our own."""

    title = "Redis"
    default_port = 6379

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._prefix = f"eaglet-walkthrough-{secrets.token_hex(4)}:"
        options = {"global_keyprefix": self._prefix}
        self.variables = {
            **self.variables,
            "CELERY_BROKER_TRANSPORT_OPTIONS": json.dumps(options),
        }

    def reserve(self) -> None:
        """See that it answers; the prefix keeps others apart."""
        with self._client() as client:
            client.ping()

    def clean(self) -> None:
        """Delete the keys under the prefix."""
        with self._client() as client:
            for key in client.scan_iter(match=f"{self._prefix}*"):
                client.delete(key)

    def waiting(self) -> list[str]:
        """The entries of the list that is the queue."""
        key = f"{self._prefix}{QUEUE}"
        with self._client() as client:
            return [
                f"entry {number} of the list {key} in Redis" for number in range(client.llen(key))
            ]

    @contextmanager
    def _client(self) -> Iterator[Any]:
        try:
            import redis  # noqa: PLC0415 - only who has a Redis needs it
        except ImportError:
            raise BrokerUnusable(
                "redis:// needs the package redis: install eaglet[redis]"
            ) from None
        try:
            with redis.Redis.from_url(self.url, socket_timeout=_CONNECT_SECONDS) as client:
                yield client
        except redis.RedisError as error:
            raise BrokerUnusable(f"Redis can't be used: {error}") from error

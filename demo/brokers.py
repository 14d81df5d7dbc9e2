"""What the demonstration's tasks go through: eaglet's own broker, or whichever is set.

One that is set may have other work: nothing of others is taken or removed.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

import kombu

import eaglet.tasks  # noqa: F401 - tells kombu of the embedded broker
from demo.forwarder import Forwarder

T = TypeVar("T")
QUEUE = "services.template_message_integral_service.tasks.service_tempate_message_integral"
"""The queue that a points change sends its task to."""
EVENTS_QUEUE = "template_message.points.changed:cache"
"""The one that keeps events for what is cached."""
_DEFAULT_QUEUE = "testproject.template_message"
_CONNECT_SECONDS = 5


class BrokerUnusable(Exception):
    """The broker can't be used for the demonstration; the text says why."""


class Broker:
    """What the tasks go through; a context.

    Attributes:
        title: what it is called.
        url: where this process reaches it.
        variables: what the services need to find it, as environment variables.
        options: kombu's transport options.
        cutting: how `cut` makes it unreachable, in words.
    """

    title: ClassVar[str]
    cutting: str
    url: str
    variables: Mapping[str, str]
    options: Mapping[str, Any] = {}

    def __enter__(self) -> Broker:
        return self

    def __exit__(self, *raised: object) -> None:
        self.restore()

    def waiting(self) -> int:
        """Return how many messages wait in the queue for a worker."""
        found = self.ask(lambda channel: channel.queue_declare(QUEUE, passive=True))
        return 0 if found is None else int(found.message_count)

    def cut(self) -> None:
        """Make it unreachable."""
        raise NotImplementedError

    def restore(self) -> None:
        """Make it reachable again; nothing if it is."""
        raise NotImplementedError

    def ask(self, question: Callable[[Any], T]) -> T | None:
        """Return the answer to one question, on a channel of its own; None for what is not there.

        Raises BrokerUnusable.
        """
        with kombu.Connection(
            self.url, connect_timeout=_CONNECT_SECONDS, transport_options=dict(self.options)
        ) as connection:
            try:
                connection.connect()
                return question(connection.channel())
            except connection.channel_errors as error:
                if getattr(error, "reply_code", None) == 404:
                    return None
                raise BrokerUnusable(f"{self.title} refuses: {error}") from error
            except connection.connection_errors as error:
                raise BrokerUnusable(f"{self.title} can't be used: {error}") from error


class EmbeddedBroker(Broker):
    """eaglet's own, which is a file in a folder."""

    title = "eaglet's embedded broker"
    cutting = "The queue folder is moved aside, with a file in its place."

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"eaglet://{folder}"
        self.variables = {"EAGLET_QUEUE_DIR": str(folder)}
        self._aside = folder.with_name(f"{folder.name}.aside")

    def cut(self) -> None:
        """Take the folder away."""
        self.folder.rename(self._aside)
        self.folder.touch()

    def restore(self) -> None:
        """Put it back."""
        if self._aside.exists():
            self.folder.unlink()
            self._aside.rename(self.folder)


class BrokerServer(Broker):
    """A broker that is a server, which the services reach by way of a forwarder."""

    default_port: ClassVar[int]
    cutting = "The way to the broker is cut: connections are broken, and new ones are reset."

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self.password = parts.password or ""
        self._forwarder = Forwarder(parts.hostname or "localhost", parts.port or self.default_port)
        user, at, _ = parts.netloc.rpartition("@")
        forwarded = parts._replace(netloc=f"{user}{at}127.0.0.1:{self._forwarder.port}")
        self.variables = {"CELERY_BROKER_URL": forwarded.geturl()}

    def __enter__(self) -> BrokerServer:
        self.reserve()
        self._forwarder.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self._forwarder.__exit__(*raised)
        self.clean()

    def reserve(self) -> None:
        """See that what the services will use is nobody else's; BrokerUnusable if it is."""
        raise NotImplementedError

    def clean(self) -> None:
        """Remove what the services have left there, and nothing else."""
        raise NotImplementedError

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
        if self.ask(lambda channel: channel.queue_declare(QUEUE, passive=True)) is not None:
            raise BrokerUnusable(
                f"The virtual host at CELERY_BROKER_URL has a queue {QUEUE} already. If that is "
                "a real service's, name another virtual host; if it was left by a demonstration "
                "that was killed, delete it."
            )

    def clean(self) -> None:
        """Delete the queues and exchanges that the services have declared."""
        for name in (QUEUE, EVENTS_QUEUE, _DEFAULT_QUEUE):
            self.ask(lambda channel, name=name: channel.queue_delete(name))
            self.ask(lambda channel, name=name: channel.exchange_delete(name, if_unused=True))


class Redis(BrokerServer):
    """Redis, in the database of the URL, under a prefix of our own, which keeps others apart."""

    title = "Redis"
    default_port = 6379

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.options = {"global_keyprefix": f"eaglet-demo-{secrets.token_hex(4)}:"}
        self.variables |= {"CELERY_BROKER_TRANSPORT_OPTIONS": json.dumps(self.options)}

    def reserve(self) -> None:
        """See that it answers."""
        with self._client() as client:
            client.ping()

    def clean(self) -> None:
        """Delete the keys under the prefix."""
        with self._client() as client:
            for key in client.scan_iter(match=f"{self.options['global_keyprefix']}*"):
                client.delete(key)

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


def broker_for(url: str | None, run_dir: Path) -> Broker:
    """Return the broker at a URL; the embedded one without. Raises BrokerUnusable for others."""
    if not url:
        return EmbeddedBroker(run_dir / "queue")
    server = {"amqp": RabbitMQ, "redis": Redis}.get(urlsplit(url).scheme)
    if server is None or ";" in url:
        raise BrokerUnusable(
            "CELERY_BROKER_URL: the demonstration takes the amqp:// or redis:// URL of one server"
        )
    return server(url)

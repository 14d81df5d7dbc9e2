"""A worker as a process of its own, its database, and messages put before it."""

import uuid

from amqp.exceptions import ChannelError
from celery import Celery
from django.core.management import call_command
from django.db import connections
from django.db.utils import ConnectionHandler
from kombu import Connection, Exchange

import eaglet.tasks  # noqa: F401 - it makes `eaglet://` known to kombu
from eaglet.tasks.broker.queues import TaskQueue
from eaglet.tasks.models import ReceivedTask
from tests.system.servers.database_urls import database
from tests.tasks.processes import Started, until

ALIAS = "receiver"
APPS = ("contenttypes", "auth", "eaglet_tasks", "django_celery_results")


class Receiver(Started):
    """Workers over one broker and one database, which stands under ALIAS in this process."""

    def __init__(self, folder, broker_url, database_url=None):
        self.broker_url = broker_url
        self.queue = f"receiver.{uuid.uuid4().hex[:12]}"
        self._database_url = database_url
        self._name = f"r_{uuid.uuid4().hex[:12]}" if database_url else str(folder / "r.sqlite3")
        super().__init__(
            folder,
            DJANGO_SETTINGS_MODULE="tests.tasks.receiver.settings",
            EAGLET_TEST_RECEIVER_DATABASE=self._name,
            EAGLET_TEST_RECEIVER_DATABASE_URL=database_url or "",
            EAGLET_TEST_RECEIVER_BROKER_URL=broker_url,
            EAGLET_TEST_RECEIVER_QUEUE=self.queue,
        )

    def __enter__(self):
        entry = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": self._name,
            "OPTIONS": {"timeout": 20, "init_command": "PRAGMA journal_mode=WAL"},
        }
        if self._database_url:
            entry = {**database(self._database_url), "NAME": self._name}
            self._on_server(f"CREATE DATABASE {self._name}")
        connection = ConnectionHandler({"default": entry})["default"]
        connection.alias = ALIAS
        connections[ALIAS] = connection
        for app in APPS:
            call_command("migrate", app, database=ALIAS, verbosity=0)
        return super().__enter__()

    def __exit__(self, *error):
        super().__exit__(*error)
        connections[ALIAS].close()
        del connections[ALIAS]
        if self._database_url:
            force = " WITH (FORCE)" if self._database_url.startswith("postgresql") else ""
            self._on_server(f"DROP DATABASE {self._name}{force}")

    def _on_server(self, statement):
        entry = database(self._database_url)
        if self._database_url.startswith("postgresql"):
            entry = {**entry, "AUTOCOMMIT": True}
        server = ConnectionHandler({"default": entry})["default"]
        with server.cursor() as cursor:
            cursor.execute(statement)
        server.close()

    def worker(self, *options, wait=True, service="receiver"):
        hostname = f"--hostname=w{self._count}@{self.queue}"
        given = "--concurrency=2", "--without-mingle", "--without-gossip", hostname, *options
        variables = {"wait": wait, "EAGLET_TEST_RECEIVER_SERVICE": service}
        return self.celery_worker("eaglet.tasks", *given, **variables)

    def log(self):
        logs = sorted(self.log_folder.glob("*.log"))
        return "".join(log.read_text(errors="replace") for log in logs)

    def send(self, name, args, **options):
        """Send a task as any code base with Celery does; gives its id."""
        with Celery("sender", broker=self.broker_url, set_as_current=False, fixups=[]) as app:
            queue = self._declaration(name)
            return app.send_task(
                queue.name, args=args, queue=queue, ignore_result=True, **options
            ).id

    def put(self, body, name="note", **options):
        """Put a message of any form into the queue of that name."""
        with Connection(self.broker_url) as connection:
            queue = connection.SimpleQueue(self._declaration(name))
            with connection.Producer() as producer:
                producer.publish(body, routing_key=f"{self.queue}.{name}", exchange="", **options)
            queue.close()

    def _declaration(self, name):
        # As eaglet declares it: RabbitMQ takes no other for a queue that is there.
        queue = f"{self.queue}.{name}"
        return TaskQueue(queue, Exchange(queue), queue)

    def rows(self, **filters):
        return list(ReceivedTask.objects.using(ALIAS).filter(**filters).order_by("pk"))

    def until(self, is_so, seconds=120):
        try:
            until(is_so, seconds=seconds)
        except AssertionError:
            raise AssertionError(f"it did not get so:\n{self.log()}") from None

    def left(self, name="note"):
        """How many messages a worker would still find in a queue."""
        with Connection(self.broker_url) as connection:
            try:
                return len(connection.SimpleQueue(self._declaration(name)))
            except ChannelError:
                return 0  # Redis has no queues that are empty

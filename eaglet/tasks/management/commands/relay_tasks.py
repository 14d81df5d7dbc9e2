"""`manage.py relay_tasks`: publish what stands in the outbox."""

import signal
import threading
from contextlib import ExitStack
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from eaglet.exceptions import TaskError
from eaglet.tasks.health import register_for_relay
from eaglet.tasks.models.outbox import outbox_aliases
from eaglet.tasks.receiving.worker import discover
from eaglet.tasks.relay.http_server import serving
from eaglet.tasks.relay.relay import Relay


class Command(BaseCommand):
    """Run a relay until it is told to stop, or once."""

    help = (
        "Publish the tasks that stand in the outbox because the broker could not be reached "
        "when they were sent, or their process died. Runs until SIGTERM or Ctrl-C; several may "
        "run at once, and share the work."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--once",
            action="store_true",
            help="Publish what stands there now, and end; fails if something could not be.",
        )
        parser.add_argument(
            "--database",
            action="append",
            metavar="ALIAS",
            help="Serve the outbox of this database only; may be given several times.",
        )
        parser.add_argument(
            "--listen",
            metavar="[HOST:]PORT",
            help="Answer /healthz, /readyz and /metrics there, without a login; without a HOST on "
            "the loopback interface.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Relay. Raises CommandError for no outbox, or for what --once left."""
        stop = threading.Event()
        before = {
            number: signal.signal(number, lambda *_: stop.set())
            for number in (signal.SIGTERM, signal.SIGINT)
            if threading.current_thread() is threading.main_thread()
        }
        try:
            discover()  # for what `@every` declares; it may take a while
            relay = _relay(options["database"])
            if options["once"]:
                relay.run_once(stop)
            else:
                self._run(relay, stop, options["listen"])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        progress = relay.progress
        self.stdout.write(
            f"Published {progress.published} tasks, {progress.refused} refused, "
            f"{progress.parked} parked."
        )
        if options["once"] and (progress.stopped_by or progress.refused):
            reason = progress.stopped_by or "the broker refused them; see the log"
            raise CommandError(f"not everything could be published: {reason}")

    def _run(self, relay: Relay, stop: threading.Event, address: str | None) -> None:
        with ExitStack() as stack:
            if address:
                register_for_relay()
                try:
                    url = stack.enter_context(serving(address, relay.is_alive))
                except TaskError as error:
                    raise CommandError(str(error)) from error
                self.stdout.write(f"Answering {url}healthz, readyz and metrics.")
            self.stdout.write(f"Relaying the outbox of {', '.join(relay.aliases)}; Ctrl-C ends it.")
            self.stdout.flush()
            relay.run(stop)


def _relay(named: list[str] | None) -> Relay:
    known = outbox_aliases()
    aliases = named or known
    for alias in aliases:
        if alias not in known:
            reason = "has no outbox" if alias in connections else "is not in DATABASES"
            raise CommandError(f"the database {alias!r} {reason}")
    return Relay(aliases)

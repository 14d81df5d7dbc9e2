"""`manage.py relay_tasks`: publish what stands in the outbox."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import ExitStack
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from eaglet.exceptions import TaskError
from eaglet.tasks.health import register_for_relay
from eaglet.tasks.outboxes import outbox_aliases
from eaglet.tasks.relay.http_server import serving
from eaglet.tasks.relay.relay import BATCH_SIZE, Progress, Relay

_TELL_EVERY_SECONDS: Final = 10


class Command(BaseCommand):
    """Runs a relay until it is told to stop, or once."""

    _tell_at: float

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
            "--batch-size",
            type=int,
            default=BATCH_SIZE,
            help=f"Tasks taken at a time; by default {BATCH_SIZE}.",
        )

        parser.add_argument(
            "--listen",
            metavar="[HOST:]PORT",
            help="Answer /healthz, /readyz and /metrics there, without a login; without a HOST on "
            "the loopback interface.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Relay; CommandError for a database without an outbox, or for what --once left."""
        known = outbox_aliases()
        aliases = options["database"] or known
        for alias in aliases:
            if alias not in known:
                reason = "has no outbox" if alias in connections else "is not in DATABASES"
                raise CommandError(f"the database {alias!r} {reason}")
        if options["batch_size"] < 1:
            raise CommandError("--batch-size is at least 1")
        self._tell_at = time.monotonic() + _TELL_EVERY_SECONDS
        relay = Relay(aliases, options["batch_size"], self._tell_now_and_then)
        stop = threading.Event()
        before = {
            number: signal.signal(number, lambda *_: stop.set())
            for number in (signal.SIGTERM, signal.SIGINT)
            if threading.current_thread() is threading.main_thread()
        }
        try:
            if options["once"]:
                relay.run_once(stop)
            else:
                self._run(relay, stop, options["listen"])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        progress = relay.progress
        self._tell(progress)
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

    def _tell_now_and_then(self, progress: Progress) -> None:
        now = time.monotonic()
        if now >= self._tell_at:
            self._tell_at = now + _TELL_EVERY_SECONDS
            self._tell(progress)

    def _tell(self, progress: Progress) -> None:
        others = "".join(
            f", {number} {what}"
            for number, what in ((progress.refused, "refused"), (progress.parked, "parked"))
            if number
        )
        self.stdout.write(f"Published {progress.published} tasks{others}.")
        self.stdout.flush()

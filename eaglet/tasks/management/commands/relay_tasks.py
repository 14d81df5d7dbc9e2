"""`manage.py relay_tasks`: publish what stands in the outbox."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from eaglet.tasks.outboxes import outbox_aliases
from eaglet.tasks.relay import BATCH_SIZE, Relay


class Command(BaseCommand):
    """Runs a relay until it is told to stop, or once."""

    help = (
        "Publish the tasks that stand in the outbox because the broker could not be reached "
        "when they were sent, or their process died. Runs until SIGTERM or Ctrl-C; several may "
        "run at once."
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
        relay = Relay(aliases, options["batch_size"])
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
                self.stdout.write(f"Relaying the outbox of {', '.join(aliases)}; Ctrl-C ends it.")
                self.stdout.flush()
                relay.run(stop)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        progress = relay.progress
        self.stdout.write(f"Published {progress.published} tasks.")
        if options["once"] and (progress.stopped_by or progress.refused):
            reason = progress.stopped_by or "the broker refused them; see the log"
            raise CommandError(f"not everything could be published: {reason}")

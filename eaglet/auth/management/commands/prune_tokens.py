"""`manage.py prune_tokens`: delete the rows of expired and revoked access tokens."""

from __future__ import annotations

import signal
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import router

from eaglet.auth.models import AccessToken, CachedToken
from eaglet.auth.tokens.pruning import BATCH_SIZE, count_dead, prune, prune_cached_tokens
from eaglet.setup_errors import needs_tables

PROGRESS_EVERY_SECONDS = 1.0
LARGEST_BATCH = 10_000


class Command(BaseCommand):
    """Deletes dead tokens in batches, and tells how far it has got; Ctrl-C ends it in between."""

    help = (
        "Delete expired and revoked access tokens, in batches that keep nobody from issuing or "
        "checking one. Expired ones also go, a few at a time, as tokens are issued. Cached tokens "
        "of other services go that nobody has renewed for a week, as those of rotated secrets."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--batch-size",
            type=_batch_size,
            default=BATCH_SIZE,
            metavar="ROWS",
            help=f"How many rows a statement deletes at most: {BATCH_SIZE} by default.",
        )
        parser.add_argument(
            "--database", metavar="ALIAS", help="By default the one that tokens are written to."
        )

    @needs_tables
    def handle(self, *args: Any, **options: Any) -> None:
        """Delete them; a second run goes on where one was interrupted."""
        using = options["database"] or router.db_for_write(AccessToken)
        total = count_dead(using)
        began = told = time.monotonic()
        deleted, longest = 0, 0.0
        with _interruptible() as interrupted:
            for batch in prune(using, batch_size=options["batch_size"]):
                deleted += batch.deleted
                longest = max(longest, batch.seconds)
                if interrupted():
                    break
                now = time.monotonic()
                if options["verbosity"] and now - told >= PROGRESS_EVERY_SECONDS:
                    told = now
                    self.stdout.write(_progress(deleted, total, now - began))
                    self.stdout.flush()
        seconds = time.monotonic() - began
        self.stdout.write(
            f"{deleted} access tokens deleted in {seconds:.1f} s, "
            f"the longest batch in {longest * 1000:.0f} ms"
        )
        if not interrupted() and options["database"] in (None, router.db_for_write(CachedToken)):
            abandoned = prune_cached_tokens(router.db_for_write(CachedToken))
            self.stdout.write(f"{abandoned} cached tokens of other services deleted")
        if number := interrupted():
            self.stderr.write("interrupted: run it again for the rest")
            sys.exit(128 + number)


def _progress(deleted: int, total: int, seconds: float) -> str:
    # Tokens expire while it runs, so there may be more than were counted.
    total = max(total, deleted)
    share = 100 * deleted // total if total else 100
    rate = deleted / seconds if seconds else 0
    return f"{deleted} of {total} ({share} %), {rate:.0f} a second"


@contextmanager
def _interruptible() -> Iterator[Callable[[], int]]:
    """Let Ctrl-C and SIGTERM be asked about, instead of ending a batch in the middle."""
    seen: list[int] = []
    former = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            former[number] = signal.signal(number, lambda number, frame: seen.append(number))
    except ValueError:
        # Not in the main thread, where no signal arrives anyway.
        pass
    try:
        yield lambda: seen[0] if seen else 0
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _batch_size(text: str) -> int:
    size = int(text)
    if not 1 <= size <= LARGEST_BATCH:
        raise ArgumentTypeError(f"from 1 to {LARGEST_BATCH}")
    return size

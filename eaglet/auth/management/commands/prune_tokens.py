"""`manage.py prune_tokens`: delete the rows of expired access tokens."""

from __future__ import annotations

import time
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import router

from eaglet.auth.models import AccessToken, CachedToken
from eaglet.auth.tokens.pruning import BATCH_SIZE, expired, prune, prune_cached_tokens
from eaglet.setup_errors import needs_tables

PROGRESS_EVERY_SECONDS = 1.0
LARGEST_BATCH = 10_000


class Command(BaseCommand):
    """Delete expired tokens in batches, each for good, and tell how far it has got."""

    help = (
        "Delete expired access tokens, revoked or not, in batches that keep nobody from issuing "
        "or checking one. A few also go as tokens are issued. Cached tokens of other services go "
        "that nobody has renewed for a week, as those of rotated secrets."
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
        total, deleted = expired(using).count(), 0
        began = told = time.monotonic()
        for batch in prune(using, batch_size=options["batch_size"]):
            deleted += batch
            if options["verbosity"] and time.monotonic() - told >= PROGRESS_EVERY_SECONDS:
                told = time.monotonic()
                # Tokens expire while it runs, so there may be more than were counted.
                self.stdout.write(f"{deleted} of {max(total, deleted)}")
                self.stdout.flush()
        seconds = time.monotonic() - began
        self.stdout.write(f"{deleted} access tokens deleted in {seconds:.1f} s")
        if options["database"] in (None, router.db_for_write(CachedToken)):
            abandoned = prune_cached_tokens(router.db_for_write(CachedToken))
            self.stdout.write(f"{abandoned} cached tokens of other services deleted")


def _batch_size(text: str) -> int:
    size = int(text)
    if not 1 <= size <= LARGEST_BATCH:
        raise ArgumentTypeError(f"from 1 to {LARGEST_BATCH}")
    return size

"""`manage.py prune_tokens`: delete the rows of expired access tokens."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import router

from eaglet.auth.models import AccessToken, CachedToken
from eaglet.auth.tokens.pruning import prune, prune_cached_tokens
from eaglet.setup_errors import needs_tables


class Command(BaseCommand):
    """Delete expired tokens in batches, each for good."""

    help = (
        "Delete expired access tokens, revoked or not, in batches that keep nobody from issuing "
        "or checking one. A few also go as tokens are issued. Cached tokens of other services go "
        "that nobody has renewed for a week, as those of rotated secrets."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--database", metavar="ALIAS", help="By default the one that tokens are written to."
        )

    @needs_tables
    def handle(self, *args: Any, **options: Any) -> None:
        """Delete them; a second run goes on where one was interrupted."""
        using = options["database"] or router.db_for_write(AccessToken)
        began = time.monotonic()
        deleted = sum(prune(using))
        seconds = time.monotonic() - began
        self.stdout.write(f"{deleted} access tokens deleted in {seconds:.1f} s")
        if options["database"] in (None, router.db_for_write(CachedToken)):
            abandoned = prune_cached_tokens(router.db_for_write(CachedToken))
            self.stdout.write(f"{abandoned} cached tokens of other services deleted")

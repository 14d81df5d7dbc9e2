"""`manage.py rotate_signing_key`: a new key for the tokens that are issued for other services."""

from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser

from eaglet.auth.issuer.signing_keys import PUBLISHED_FOR_SECONDS, rotate_signing_key
from eaglet.auth.management.commands.rotate_secret import seconds
from eaglet.auth.tokens import timestamps
from eaglet.contracts.jose import SIGNED_BY
from eaglet.encoding import format_datetime
from eaglet.setup_errors import needs_tables

PUBLISH_FIRST_SECONDS: Final = 2 * PUBLISHED_FOR_SECONDS


class Command(BaseCommand):
    """Makes a key and publishes it; it signs once every service knows it."""

    help = (
        "Make a new key to sign access tokens with, and publish it. It signs after a while, when "
        "all services know it; the one before is published until all that it has signed has ended."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--algorithm", choices=list(SIGNED_BY), default="ES256", help="ES256 by default."
        )
        parser.add_argument(
            "--publish-first",
            type=seconds,
            default=PUBLISH_FIRST_SECONDS,
            metavar="SECONDS",
            help=f"How long it is only published: {PUBLISH_FIRST_SECONDS} by default; the first "
            "key signs at once. 0 replaces a key that is no longer safe at once.",
        )

    @needs_tables
    def handle(self, *args: Any, algorithm: str, publish_first: float, **options: Any) -> None:
        """Rotate; print the key's id, and from when on it signs."""
        key = rotate_signing_key(algorithm, publish_first)
        moment = format_datetime(timestamps.from_field(key.signs_from))
        self.stdout.write(f"{key.kid} ({key.algorithm}) signs from {moment} on.")

"""`manage.py create_app NAME`: a new app, and its key and secret to paste into settings."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.views.decorators.debug import sensitive_variables

from eaglet.auth.grants import EVERYTHING
from eaglet.auth.models import App
from eaglet.setup_errors import needs_tables


class Command(BaseCommand):
    """Makes an app and prints its key and secret, which can't be shown again."""

    help = "Make an app that may call this service, and print its APP_KEY and APP_SECRET, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("name", help="What operators call it; unique.")
        parser.add_argument(
            "--lifetime",
            type=int,
            metavar="SECONDS",
            help="How long its access tokens live; else EAGLET_TOKEN_LIFETIME_SECONDS.",
        )
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--grant",
            action="append",
            metavar="APP.RESOURCE:VERB",
            help="What it may do, any part *; may be given several times; else everything.",
        )
        what.add_argument(
            "--no-grants", action="store_true", help="Make it without grants: it may do nothing."
        )

    @needs_tables
    @sensitive_variables()
    def handle(self, *args: Any, **options: Any) -> None:
        """Make the app; CommandError for a name that is taken or a grant that is none."""
        name = options["name"]
        if App.objects.filter(name=name).exists():
            raise CommandError(f"there is an app named {name!r} already")
        grants = () if options["no_grants"] else options["grant"] or (EVERYTHING,)
        try:
            created = App.objects.create_app(
                name, token_lifetime_seconds=options["lifetime"], grants=grants
            )
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(f'APP_KEY = "{created.app.app_key}"')
        self.stdout.write(f'APP_SECRET = "{created.secret}"')

"""`manage.py rotate_secret APP`: a new secret for an app, beside the one it has."""

import datetime
from argparse import ArgumentTypeError
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import router
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from eaglet.auth.models import App, AppSecret
from eaglet.auth.rotation import described, rotate_secret
from eaglet.setup_errors import needs_tables

EXPIRE_OLD_IN: Final = 24 * 3600
"""How many seconds the old secret stays good, unless told otherwise."""

LONGEST: Final = 10 * 365 * 24 * 3600


class Command(BaseCommand):
    """Makes a secret and prints it, which can't be done again; the old one stays good a while."""

    help = (
        "Give an app a new secret, and print its APP_KEY and APP_SECRET, once. The old secret "
        "stays good meanwhile, so that the callers can be changed over one by one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("app", help="Its name or its app key.")
        old = parser.add_mutually_exclusive_group()
        old.add_argument(
            "--expire-old-in",
            type=seconds,
            default=EXPIRE_OLD_IN,
            metavar="SECONDS",
            help="How long the old secret stays good: a day by default. Tokens issued for it "
            "live on.",
        )
        old.add_argument(
            "--keep", action="store_true", help="Leave the old secret good until it is revoked."
        )

    @needs_tables
    @sensitive_variables()
    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate; CommandError for an app there is not, or one with two live secrets."""
        app = app_named(options["app"])
        pause = datetime.timedelta(seconds=options["expire_old_in"])
        try:
            created = rotate_secret(app, expire_old_in=None if options["keep"] else pause)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        # Only now: a secret printed before its commit might be none.
        self.stdout.write(f'APP_KEY = "{app.app_key}"')
        self.stdout.write(f'APP_SECRET = "{created.secret}"')
        self.stdout.flush()
        secrets = AppSecret.objects.using(app._state.db).filter(app=app).live()
        for old in secrets.exclude(pk=created.record.pk).order_by("created_at"):
            self.stderr.write(described(old))


def app_named(named: str) -> App:
    """Return the app of a name or an app key; CommandError unless there is one."""
    apps = App.objects.using(router.db_for_write(App))
    found = list(apps.filter(Q(name=named) | Q(app_key=named))[:2])
    if not found:
        raise CommandError(f"there is no app with the name or app key {named!r}")
    if len(found) > 1:
        raise CommandError(f"{named!r} is the name of one app and the app key of another")
    return found[0]


def seconds(text: str) -> int:
    """Return an option's seconds; ArgumentTypeError beyond ten years, ValueError for no number."""
    if not 0 <= (value := int(text)) <= LONGEST:
        raise ArgumentTypeError(f"from 0 to {LONGEST}")
    return value

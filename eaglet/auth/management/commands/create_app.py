"""`manage.py create_app NAME`: make a new app, and its key and secret to paste into settings."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import router, transaction
from django.views.decorators.debug import sensitive_variables

from eaglet.auth.grants import EVERYTHING, validate_grant
from eaglet.auth.models import App, AudienceGrant
from eaglet.conf import conf
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
            help="What it may call, any part *; may be given several times.",
        )
        what.add_argument(
            "--everything",
            action="store_true",
            help="Let it call everything, what is added later included.",
        )
        what.add_argument("--no-grants", action="store_true", help="Let it call nothing yet.")
        parser.add_argument(
            "--at",
            action="append",
            default=[],
            metavar="SERVICE=APP.RESOURCE:VERB",
            help="What it may call at a service of EAGLET_AUDIENCES; may be given several times.",
        )
        parser.add_argument(
            "--force", action="store_true", help="Take grants that no resource has."
        )

    @needs_tables
    @sensitive_variables()
    def handle(self, *args: Any, **options: Any) -> None:
        """Make the app; CommandError for a name that is taken or a grant that is none."""
        name = options["name"]
        if App.objects.filter(name=name).exists():
            raise CommandError(f"there is an app named {name!r} already")
        elsewhere = [_grant_at(told, options["force"]) for told in options["at"]]
        if elsewhere and not (options["grant"] or options["everything"]):
            options["no_grants"] = True
        try:
            with transaction.atomic(using=router.db_for_write(App)):
                created = App.objects.create_app(
                    name, token_lifetime_seconds=options["lifetime"], grants=_grants(options)
                )
                for grant in elsewhere:
                    grant.app = created.app
                    grant.save()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(f'APP_KEY = "{created.app.app_key}"')
        self.stdout.write(f'APP_SECRET = "{created.secret}"')


def _grant_at(told: str, is_forced: bool) -> AudienceGrant:
    audience, _equals, grant = told.partition("=")
    if audience not in conf.EAGLET_AUDIENCES:
        names = ", ".join(sorted(conf.EAGLET_AUDIENCES)) or "none"
        raise CommandError(f"--at {told}: EAGLET_AUDIENCES has no {audience!r}, but {names}")
    try:
        validate_grant(grant)
    except ValidationError as error:
        raise CommandError("; ".join(error.messages)) from None
    found = AudienceGrant(audience=audience, grant=grant)
    _refuse([grant] if found.is_unknown and not is_forced else [], f"at {audience}")
    return found


def _grants(options: dict[str, Any]) -> Sequence[str]:
    if options["everything"]:
        return [EVERYTHING]
    if options["no_grants"]:
        return []
    if not options["grant"]:
        raise CommandError(
            "say what it may call: --grant APP.RESOURCE:VERB, several times if need be, or "
            "--everything (or --no-grants, to choose later in the admin); --at SERVICE=… for others"
        )
    grants: list[str] = options["grant"]
    for grant in grants:
        validate_grant(grant)
    unknown = [] if options["force"] else grants
    if unknown and apps.is_installed("eaglet.api"):
        # This needs Django REST framework.
        from eaglet.auth.grant_choices import unknown_grants  # noqa: PLC0415

        unknown = unknown_grants(grants)
    _refuse(unknown, "here")
    return grants


def _refuse(unknown: Sequence[str], where: str) -> None:
    if unknown:
        raise CommandError(
            f"no resource {where} has what this grants: {', '.join(unknown)}. Check the spelling, "
            "or give --force if one is to come"
        )

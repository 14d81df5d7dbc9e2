"""`manage.py trust_key APP`: take what a key signs in place of an app's secret."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import URLValidator

from eaglet.auth.management.commands.rotate_secret import app_named
from eaglet.auth.verifiers.jwks import public_key
from eaglet.contracts.jose import KEY_TYPES, read_key
from eaglet.setup_errors import needs_tables


class Command(BaseCommand):
    """Registers a key, which counts as a secret of the app: it is revoked as one."""

    help = (
        "Let an app say who it is by what a key signs (RFC 7523), in place of a secret: its own "
        "public key, or its platform's, such as a Kubernetes cluster's for a service account."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("app", help="Its name or its app key.")
        keys = parser.add_mutually_exclusive_group(required=True)
        keys.add_argument("--public-key", type=Path, help="A PEM file, or a JWK.")
        keys.add_argument("--jwks-url", default="", help="Where the platform's keys are.")
        parser.add_argument("--issuer", default="", help="Who signs: the `iss` of what it signs.")
        parser.add_argument("--subject", default="", help="Whom it names: the `sub`.")

    @needs_tables
    def handle(self, *args: Any, **options: Any) -> None:
        """Register it; CommandError for an app there is not, or for what is no key."""
        app = app_named(options["app"])
        url, issuer, subject = options["jwks_url"], options["issuer"], options["subject"]
        key = None
        if options["public_key"] is not None:
            try:
                key = read_key(options["public_key"].read_bytes()).as_dict(private=False)
            except OSError as error:
                raise CommandError(f"the file can't be read: {error.strerror}") from None
            except ValueError:
                raise CommandError("the file holds no public key") from None
            if public_key(key) is None:
                raise CommandError(f"the key goes with none of {', '.join(KEY_TYPES)}")
        elif not subject:
            raise CommandError(
                "--jwks-url needs --subject, and --issuer if what is signed names one"
            )
        else:
            try:
                URLValidator(schemes=["https", "http"])(url)
            except ValidationError as error:
                raise CommandError("; ".join(error.messages)) from None
        record = app.trust(public_key=key, jwks_url=url, issuer=issuer, subject=subject)
        who = record.issuer or record.jwks_url
        self.stdout.write(f"{record}: what {who} signs for {record.subject} is trusted.")

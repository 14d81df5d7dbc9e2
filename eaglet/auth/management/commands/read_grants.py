"""`manage.py read_grants`: learn from services' documents what can be granted there."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eaglet.auth.grants import EVERYTHING, is_grant
from eaglet.auth.models import AudienceDocument
from eaglet.conf import conf
from eaglet.contracts.catalogue import answers
from eaglet.contracts.document import InvalidDocument, load_valid
from eaglet.setup_errors import needs_tables

MOST: Final = 2000
_LONGEST: Final = 200


class Command(BaseCommand):
    """Keeps what the documents say: the admin offers it, and what is granted is held to it."""

    help = "Read what can be granted at the services of EAGLET_AUDIENCES, from their documents."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("services", nargs="*", metavar="SERVICE", help="Which; else all.")
        parser.add_argument(
            "--source",
            help="The URL of a service's document, or a file that its `manage.py openapi` wrote; "
            "else it is read at /openapi.json below the service's URL.",
        )

    @needs_tables
    def handle(self, *args: Any, services: list[str], source: str | None, **options: Any) -> None:
        """Read them; CommandError at the end if one can't be read."""
        urls = conf.EAGLET_AUDIENCES
        if unknown := set(services).difference(urls):
            raise CommandError(f"EAGLET_AUDIENCES has no {', '.join(sorted(unknown))}")
        if source is not None and len(services) != 1:
            raise CommandError("--source is of one service: name it")
        failed = 0
        for name in services or sorted(urls):
            try:
                grants = grants_in(load_valid(source or urls[name]))
            except (InvalidDocument, RecursionError) as error:
                failed += 1
                self.stderr.write(f"{name}: {error}")
                continue
            AudienceDocument.objects.update_or_create(audience=name, defaults={"grants": grants})
            self.stdout.write(f"{name}: {len(grants)} grants to choose from")
        if failed:
            raise CommandError(f"{failed} could not be read")


def grants_in(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the grants that operations ask for, MOST of them, each with what one does.

    With them come patterns over them.
    """
    found = {EVERYTHING: ""}
    asked = [(grant, one["summary"]) for one in answers("", document) for grant in one["grants"]]
    for grant, summary in asked[:MOST]:
        if len(grant) <= _LONGEST and is_grant(grant):
            app, _dot, resource = grant.rpartition(":")[0].partition(".")
            found.setdefault(f"{app}.*:*", "")
            found.setdefault(f"{app}.{resource}:*", "")
            found[grant] = summary[:_LONGEST]
    return dict(sorted(found.items()))

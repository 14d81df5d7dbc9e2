"""The management commands over documents, for the apps that bring them."""

import datetime
from abc import ABC, abstractmethod
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError, CommandParser

from eaglet.contracts.catalogue import backstage, catalogue
from eaglet.contracts.catalogue_page import page
from eaglet.contracts.comparison import Change, changes
from eaglet.contracts.document import (
    ASYNCAPI,
    CALLS,
    CATALOGUE,
    OPENAPI,
    InvalidDocument,
    as_text,
    kind_of,
    load_valid,
)


class DocumentCommand(BaseCommand, ABC):
    """Writes a document of this service, or checks that a file has it."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and whether it is to be checked."""
        parser.add_argument("--output", type=Path, help="the file to write; else standard output")
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; fail unless the file of --output is up to date",
        )

    @abstractmethod
    def text(self) -> str:
        """Return the document."""

    def handle(self, *args: Any, output: Path | None, check: bool, **options: Any) -> None:
        """Write or check."""
        text = self.text()
        if output is None:
            if check:
                raise CommandError("--check needs --output, the file to check")
            self.stdout.write(text, ending="")
        elif not check:
            output.write_text(text, encoding="utf-8")
        elif not output.is_file() or output.read_text(encoding="utf-8") != text:
            raise CommandError(f"{output} is not up to date: write it anew without --check")


class CompareApi(BaseCommand):
    """Fail, for CI, where a service's new document breaks others."""

    help = (
        "Compare a service's OpenAPI document with the one before, or its AsyncAPI document, tell "
        "what breaks callers from what does not, and fail if anything does. With the files that "
        "eaglet_client writes beside its modules, or AsyncAPI documents of others, name who breaks."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("old", metavar="OLD", help="A file of JSON or YAML, or a URL.")
        parser.add_argument("new", metavar="NEW", help="Likewise.")
        parser.add_argument(
            "--callers", nargs="+", default=(), metavar="FILE", help="What others use: files."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line a change. Raises CommandError if one breaks, or for what is unfit."""
        try:
            old = load_valid(options["old"], OPENAPI, ASYNCAPI)
            new = load_valid(options["new"], str(kind_of(old)))
            callers = [load_valid(name, CALLS, ASYNCAPI) for name in options["callers"]]
            found = sorted(changes(old, new), key=lambda one: (not one.breaks, one.text))
        except InvalidDocument as error:
            raise CommandError(str(error)) from error
        for (breaks, text), same in groupby(found, key=lambda one: (one.breaks, one.text)):
            alike = list(same)
            line = f"{'breaks' if breaks else 'harmless'}: {_where(alike)}: {text}"
            if breaks and callers:
                line += f" [{', '.join(_broken(alike, callers)) or 'none of these callers'}]"
            self.stdout.write(line)
        number = sum(one.breaks for one in found)
        if number:
            raise CommandError(f"{number} changes break callers")
        self.stdout.write("No change breaks callers.")


class Catalogue(BaseCommand):
    """Join what many services say of themselves into one page."""

    help = (
        "Join the OpenAPI and AsyncAPI documents of many services, and the files that "
        "eaglet_client writes beside its modules, into one page: who answers what, who calls it, "
        "who sends to whom, what nobody uses, and what nobody answers."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "documents",
            nargs="+",
            metavar="[SERVICE=]DOCUMENT",
            help="A file or URL; the service's name where the document calls it otherwise.",
        )
        parser.add_argument("--output", type=Path, help="The file; else standard output.")
        parser.add_argument("--since", metavar="OLD.json", help="An earlier catalogue, of --json.")
        parser.add_argument("--owner", default="unknown", help="The owner, for Backstage.")
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="Write it as JSON, for --since.")
        form.add_argument("--backstage", action="store_true", help="Write entities, in YAML.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it. Raises CommandError for a document that is none."""
        try:
            documents = [self._loaded(told) for told in options["documents"]]
            before = load_valid(options["since"], CATALOGUE) if options["since"] else None
        except InvalidDocument as error:
            raise CommandError(str(error)) from error
        made = catalogue(documents, before, datetime.date.today().isoformat())
        if options["json"]:
            text = as_text(made)
        elif options["backstage"]:
            text = yaml.safe_dump_all(
                backstage(made, documents, options["owner"]), allow_unicode=True, sort_keys=False
            )
        else:
            text = page(made)
        if options["output"]:
            options["output"].write_text(text, encoding="utf-8")
        else:
            self.stdout.write(text, ending="")

    def _loaded(self, told: str) -> tuple[str, Any]:
        name, equals, source = told.partition("=")
        if not equals or "/" in name or Path(told).exists():
            name, source = "", told
        return name, load_valid(source, OPENAPI, ASYNCAPI, CALLS)


def _where(alike: list[Change]) -> str:
    places = [f"{one.verb.upper()} {one.path}" for one in alike]
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return ", ".join(places[:3]) + more


def _broken(alike: list[Change], callers: Iterable[Any]) -> list[str]:
    return sorted(
        {
            str(caller.get("caller") or caller["info"]["title"])
            for caller in callers
            if any(change.breaks_service(caller) for change in alike)
        }
    )

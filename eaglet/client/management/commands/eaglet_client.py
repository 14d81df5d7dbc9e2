"""Write a typed module that calls a service, or check one: `manage.py eaglet_client`."""

import difflib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eaglet.client.codegen.calls import calls_text
from eaglet.client.codegen.module import module_text
from eaglet.client.codegen.names import identifier
from eaglet.client.codegen.operations import operations
from eaglet.client.services.addresses import is_name
from eaglet.conf.naming import service_name
from eaglet.contracts.document import InvalidDocument, load


class Command(BaseCommand):
    """Writes a module of typed calls from a service's OpenAPI document; the same for the same."""

    help = (
        "Write a typed module that calls a service, from its OpenAPI document, and beside it the "
        "list of its calls for compare_api and eaglet_catalogue."
    )
    # It asks neither the database nor the project's own resources.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the document, the file, and how it is to be written."""
        parser.add_argument(
            "source", help="the service's URL, that of its document, or a file of JSON or YAML"
        )
        parser.add_argument(
            "-o", "--output", type=Path, help="the file to write; else standard output"
        )
        parser.add_argument(
            "--service",
            help="the service's name, as in EAGLET_SERVICES; by default that of the file",
        )
        parser.add_argument(
            "--only",
            action="append",
            default=[],
            metavar="APP.RESOURCE[:VERB]",
            help="write this alone; may be given several times",
        )
        parser.add_argument(
            "--raise-errors",
            action="store_true",
            help="have failures raised, so that every call gives an envelope",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; fail with the difference unless the file is up to date",
        )

    def handle(
        self,
        *args: Any,
        source: str,
        output: Path | None,
        service: str | None,
        raise_errors: bool,
        check: bool,
        only: Collection[str] = (),
        **options: Any,
    ) -> None:
        """Write or check."""
        if check and output is None:
            raise CommandError("--check needs --output, the file to check")
        try:
            document = load(source)
            found, left_out = operations(document, only)
        except InvalidDocument as error:
            raise CommandError(str(error)) from error
        info = document.get("info")
        info = info if isinstance(info, dict) else {}
        name = service or (output.stem if output else identifier(str(info.get("title") or "")))
        if not is_name(name):
            raise CommandError(f"{name!r} can't be a service's name: give it with --service")
        version = str(info.get("version") or "")
        text = module_text(name, version, found, document, raises=raise_errors)
        for one in left_out:
            self.stderr.write(f"left out: {one}")
        if output is None:
            self.stdout.write(text, ending="")
            return
        keep = _check if check else _write
        keep(output, text)
        calls = calls_text(service_name(), name, found, document)
        keep(output.with_suffix(".calls.json"), calls)


def _check(file: Path, text: str) -> None:
    try:
        written = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}") from error
    if written != text:
        before, now = written.splitlines(keepends=True), text.splitlines(keepends=True)
        difference = difflib.unified_diff(before, now, str(file), "what the service says now")
        raise CommandError(f"{file} is not up to date:\n{''.join(difference)}")


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise CommandError(f"{file} can't be written: {error.strerror}") from error

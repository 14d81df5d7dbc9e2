"""`manage.py openapi`: write the OpenAPI document, or check that a file has it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eaglet.api.openapi.generator import as_json, document


class Command(BaseCommand):
    """Writes the OpenAPI 3.1 document of this service; the same for the same declarations."""

    help = "Write the OpenAPI 3.1 document of this service."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and whether it is to be checked."""
        parser.add_argument("--output", type=Path, help="the file to write; else standard output")
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; fail unless the file of --output is up to date",
        )

    def handle(self, *args: Any, output: Path | None, check: bool, **options: Any) -> None:
        """Write or check."""
        text = as_json(document())
        if output is None:
            if check:
                raise CommandError("--check needs --output, the file to check")
            self.stdout.write(text, ending="")
        elif not check:
            output.write_text(text, encoding="utf-8")
        elif not output.is_file() or output.read_text(encoding="utf-8") != text:
            raise CommandError(f"{output} is not up to date: write it anew without --check")

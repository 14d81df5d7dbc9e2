"""`manage.py eaglet_client`: write a module of typed calls to a service, or check that it is."""

from __future__ import annotations

import difflib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eaglet.client.addresses import is_name
from eaglet.client.callers import document, operations, writing
from eaglet.client.callers.document import UnusableDocument


class Command(BaseCommand):
    """Writes the module; the same for the same document, and nothing unless all went well."""

    help = "Write a module of typed calls to a service, from its OpenAPI document."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the document, the module and the service's name."""
        parser.add_argument(
            "source",
            metavar="SERVICE_URL_OR_FILE",
            help="the service's URL, its document's, or a file as `manage.py openapi` writes it",
        )
        parser.add_argument(
            "-o", "--output", type=Path, help="the module to write; else standard output"
        )
        parser.add_argument(
            "--service",
            help="the service's name in EAGLET_SERVICES; by default the module's",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; show what would change, and fail, unless the module is up to date",
        )
        parser.add_argument(
            "--force", action="store_true", help="overwrite a file that this has not written"
        )

    def handle(
        self,
        *args: Any,
        source: str,
        output: Path | None,
        service: str | None,
        check: bool,
        force: bool,
        **options: Any,
    ) -> None:
        """Write or check."""
        if output is None and check:
            raise CommandError("--check needs --output, the module to check")
        text = self._module(source, _service_name(service, output))
        if output is None:
            self.stdout.write(text, ending="")
            return
        found = _content(output)
        if found == text:
            self.stdout.write(f"{output} is up to date")
        elif check:
            self.stdout.write(_difference(found or "", text, output), ending="")
            raise CommandError(f"{output} is not up to date: write it anew without --check")
        elif found and writing.MARK not in found and not force:
            raise CommandError(
                f"{output} is another file, which this command has not written; "
                "--force overwrites it"
            )
        else:
            _write(output, text)
            self.stdout.write(f"{output} is written")

    def _module(self, source: str, service: str) -> str:
        try:
            content = document.load(source)
            found = operations.read(content, self._warn)
        except UnusableDocument as error:
            raise CommandError(str(error)) from None
        info = content.get("info")
        version = info.get("version") if isinstance(info, dict) else None
        return writing.module(service, "unknown" if version is None else str(version), found)

    def _warn(self, what: str) -> None:
        self.stderr.write(f"left out: {what.encode('unicode_escape').decode('ascii')}")


def _service_name(given: str | None, output: Path | None) -> str:
    if given is None and output is None:
        raise CommandError("say --service NAME, or --output, whose name is the service's")
    name = given if given is not None else output.stem if output is not None else ""
    if not is_name(name):
        raise CommandError(f"{name!r} can't be a service's name: say --service NAME")
    return name


def _content(path: Path) -> str | None:
    """What is in the file; None if there is none."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from None


def _difference(found: str, wanted: str, path: Path) -> str:
    lines = difflib.unified_diff(
        found.splitlines(keepends=True),
        wanted.splitlines(keepends=True),
        str(path),
        f"{path}, as it should be",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _write(path: Path, text: str) -> None:
    """Put the text in the file's place at once; a folder that is made becomes a package."""
    path = path.resolve()  # a link stays one
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
            (path.parent / "__init__.py").touch()
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with open(descriptor, "wb") as file:
                file.write(text.encode())
            os.chmod(name, mode)
            os.replace(name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}") from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current

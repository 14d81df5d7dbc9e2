"""Tables of the reference that are made from the code, so that they can't be out of date.

    ```{eaglet-settings}
    ```

and likewise `eaglet-errors`, `eaglet-commands` and `eaglet-checks`.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import django
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from eaglet import exceptions
from eaglet.setting_checks import declared_settings

PACKAGE = Path(importlib.import_module("eaglet").__file__ or "").parent
APPS = ("api", "auth", "client", "tasks", "mongo")


class _Table(SphinxDirective):
    """A table in Markdown, made anew at each build."""

    headings: ClassVar[tuple[str, ...]]

    def run(self) -> list[nodes.Node]:
        """Parse the rows as if they stood in the page."""
        lines = [_row(self.headings), _row("---" for _ in self.headings)]
        lines += [_row(cell for cell in row) for row in self.rows()]
        node = nodes.container()
        self.state.nested_parse(StringList(lines, source=self.name), 0, node)
        return node.children

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The cells of each row, in Markdown."""
        raise NotImplementedError


class SettingsTable(_Table):
    """Every setting that `eaglet/conf.py` declares."""

    headings = ("Setting", "Type", "Default", "Meaning")

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Name, type, default, meaning."""
        for name, setting in declared_settings().items():
            declared = re.sub(r"[\w.]*\.", "", str(setting.value_type).replace("<class ", ""))
            declared = declared.strip("'<>")
            yield f"`{name}`", f"`{declared}`", f"`{setting.default!r}`", setting.__doc__ or ""


class ErrorsTable(_Table):
    """Every public exception of `eaglet/exceptions.py`."""

    headings = ("Error", "Is a", "Raised when")

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Name, base, first paragraph of the docstring."""
        for name, error in vars(exceptions).items():
            if inspect.isclass(error) and issubclass(error, exceptions.EagletError):
                yield f"`{name}`", f"`{error.__base__.__name__}`", _first_paragraph(error.__doc__)


class CommandsTable(_Table):
    """Every management command of eaglet's apps."""

    headings = ("Command", "App", "What it does")

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Name, app, help."""
        for app in APPS:
            for file in sorted((PACKAGE / app / "management" / "commands").glob("[!_]*.py")):
                module = importlib.import_module(f"eaglet.{app}.management.commands.{file.stem}")
                yield f"`manage.py {file.stem}`", f"`eaglet.{app}`", str(module.Command.help)


class ChecksTable(_Table):
    """Every system check, by its id."""

    headings = ("Id", "Where", "What it finds")
    _FOUND = re.compile(r"\b(eaglet(?:_\w+)?\.[EW]\d{3})\b")

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Id, module, the message as it stands in the code."""
        found: dict[str, tuple[str, str]] = {}
        for path in sorted(PACKAGE.rglob("*.py")):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call):
                    self._note(call, path, found)
        for check_id in sorted(found):
            yield f"`{check_id}`", *found[check_id]

    def _note(self, call: ast.Call, path: Path, found: dict[str, tuple[str, str]]) -> None:
        ids = [
            keyword.value.value
            for keyword in call.keywords
            if keyword.arg == "id" and isinstance(keyword.value, ast.Constant)
        ]
        if ids and self._FOUND.fullmatch(str(ids[0])):
            where = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
            found[ids[0]] = f"`{where}`", _message(call)


def _message(call: ast.Call) -> str:
    """What a check says, with … for what is put in."""
    if not call.args:
        return ""
    said = call.args[0]
    parts = said.values if isinstance(said, ast.JoinedStr) else [said]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)


def _first_paragraph(text: str | None) -> str:
    return inspect.cleandoc(text or "").partition("\n\n")[0].replace("\n", " ")


def _row(cells: Any) -> str:
    return (
        "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directives."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    for name, directive in {
        "eaglet-settings": SettingsTable,
        "eaglet-errors": ErrorsTable,
        "eaglet-commands": CommandsTable,
        "eaglet-checks": ChecksTable,
    }.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True}

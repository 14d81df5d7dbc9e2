"""Tables of the reference that are made from the code, so that they can't be out of date.

    ```{eaglet-settings}
    ```

and likewise `eaglet-errors`, `eaglet-commands` and `eaglet-checks`.
"""

from __future__ import annotations

import argparse
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
from eaglet.conf.checks import declared_settings
from eaglet.geser import cli

_CHECK_ID = re.compile(r"eaglet(?:_\w+)?\.[EW]\d{3}")
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
    """Every setting that `eaglet/conf/__init__.py` declares."""

    headings = ("Setting", "Type", "Default", "Check", "Meaning")

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Name, type, default, limits and the checks that speak of it, meaning."""
        spoken_of = {check_id: said for check_id, (_, _, said) in _checks().items()}
        for name, setting in declared_settings().items():
            declared = re.sub(r"[\w.]*\.", "", str(setting.value_type).replace("<class ", ""))
            declared = declared.strip("'<>")
            ids = ["eaglet.E001"]
            ids += [check_id for check_id, said in spoken_of.items() if name in said.split()]
            limits = [
                f"{word} {limit:g}"
                for word, limit in (("at least", setting.at_least), ("above", setting.above))
                if limit is not None
            ]
            check = ", ".join([*limits, *(f"`{check_id}`" for check_id in ids)])
            default = f"`{setting.default!r}`"
            yield f"`{name}`", f"`{declared}`", default, check, setting.__doc__ or ""


class ErrorsTable(_Table):
    """Every public exception of `eaglet/exceptions.py`."""

    headings = ("Error", "Is a", "Raised when")

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Name, base, first paragraph of the docstring."""
        for name, error in vars(exceptions).items():
            if inspect.isclass(error) and issubclass(error, exceptions.EagletError):
                yield f"`{name}`", f"`{error.__base__.__name__}`", _first_paragraph(error.__doc__)


class CommandsTable(_Table):
    """Every management command of eaglet's apps, and those of `geser`."""

    headings = ("Command", "App", "What it does")

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Name, apps, help; one row for a command that several apps bring."""
        found: dict[str, list[str]] = {}
        told: dict[str, str] = {}
        for app in APPS:
            for file in sorted((PACKAGE / app / "management" / "commands").glob("[!_]*.py")):
                module = importlib.import_module(f"eaglet.{app}.management.commands.{file.stem}")
                found.setdefault(file.stem, []).append(f"`eaglet.{app}`")
                told[file.stem] = str(module.Command.help)
        for name in sorted(found):
            yield f"`manage.py {name}`", ", ".join(found[name]), told[name]
        for name, what in _subcommands("geser", cli.parser()):
            yield f"`{name}`", "", what


class ChecksTable(_Table):
    """Every system check, by its id."""

    headings = ("Id", "Where", "What it finds")

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Id, module, the message as it stands in the code."""
        for check_id, (where, message, _) in sorted(_checks().items()):
            yield f"`{check_id}`", where, message


def _checks() -> dict[str, tuple[str, str, str]]:
    """Each check's module, its message, and every word of message and hint, by its id."""
    found: dict[str, tuple[str, str, str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        where = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            for keyword in call.keywords:
                value = keyword.value
                if keyword.arg != "id" or not isinstance(value, ast.Constant):
                    continue
                if _CHECK_ID.fullmatch(str(value.value)):
                    found[str(value.value)] = f"`{where}`", _message(call), _words(call)
    return found


def _words(call: ast.Call) -> str:
    """What stands in the strings of a call, with spaces for all that is no word."""
    said = [
        part.value
        for part in ast.walk(call)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    return re.sub(r"\W+", " ", " ".join(said))


def _subcommands(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """The commands under a command, at the ends of the tree, and their help."""
    for action in parser._subparsers._group_actions if parser._subparsers else ():
        told = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for word, child in (action.choices or {}).items():
            below = list(_subcommands(f"{name} {word}", child))
            yield from below or [(f"{name} {word}", told.get(word, ""))]


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

"""Write the pages that are made from the code, or tell whether they are up to date.

    python scripts/make_reference.py           write them
    python scripts/make_reference.py --check   exit with 1 if one differs

In docs/reference the table of settings, errors, commands and system checks stands below the
page's own text, between two marks. AGENTS.md is CONTRIBUTING.md without what only people need,
and llms.txt lists the pages of the documentation with the first sentence of each.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))
django.setup()

from eaglet import exceptions  # noqa: E402
from eaglet.conf.checks import declared_settings  # noqa: E402
from eaglet.geser import cli  # noqa: E402

_CHECK_ID = re.compile(r"eaglet(?:_\w+)?\.[EW]\d{3}")
PACKAGE = CHECKOUT / "eaglet"
DOCS = CHECKOUT / "docs"
APPS = ("api", "auth", "client", "tasks", "mongo")
_NO_PROSE = ("#", "![", "|", "`{", "[", "<!--")
BEGIN = "<!-- Made by scripts/make_reference.py from here on. -->"

Row = tuple[str, ...]


def settings_table() -> Iterator[Row]:
    """Give name, type, default, limits with the checks that speak of it, and meaning."""
    yield "Setting", "Type", "Default", "Check", "Meaning"
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
        yield f"`{name}`", f"`{declared}`", f"`{setting.default!r}`", check, setting.__doc__ or ""


def errors_table() -> Iterator[Row]:
    """Give name, base and first paragraph of every public exception."""
    yield "Error", "Is a", "Raised when"
    for name, error in vars(exceptions).items():
        if inspect.isclass(error) and issubclass(error, exceptions.EagletError):
            base = error.__base__
            yield f"`{name}`", f"`{base.__name__ if base else ''}`", _first_paragraph(error.__doc__)


def commands_table() -> Iterator[Row]:
    """Give name, apps and help of every command; one row where several apps bring it."""
    yield "Command", "App", "What it does"
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


def checks_table() -> Iterator[Row]:
    """Give id, module and message of every system check."""
    yield "Id", "Where", "What it finds"
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


def with_table(page: Path, rows: Iterable[Row]) -> str:
    """Put a table below the page's own text."""
    first, *others = rows
    lines = [_row(first), _row("---" for _ in first), *(_row(cells) for cells in others)]
    own = page.read_text(encoding="utf-8").partition(BEGIN)[0].rstrip()
    return f"{own}\n\n{BEGIN}\n\n" + "\n".join(lines) + "\n"


def agents() -> str:
    """Give CONTRIBUTING.md up to its section for people."""
    text = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    body = text.partition("\n")[2].partition("\n## Send a change")[0].strip()
    return f"# AGENTS.md\n\n{BEGIN}\n\n{body}\n"


def llms() -> str:
    """List the pages of the documentation, each with its first sentence (llmstxt.org)."""
    title, sentence = _title_and_sentence(CHECKOUT / "README.md")
    lines = [f"# {title}", "", f"> {sentence}"]
    for heading, folder in {
        "Start": "",
        "How to": "howto",
        "Explanation": "explanation",
        "Reference": "reference",
    }.items():
        lines += ["", f"## {heading}", ""]
        for page in sorted((DOCS / folder).glob("*.md")):
            if page.name != "index.md":
                title, sentence = _title_and_sentence(page)
                where = page.relative_to(CHECKOUT).as_posix()
                lines.append(f"- [{title}]({where}): {sentence}")
    return "\n".join(lines) + "\n"


def _title_and_sentence(page: Path) -> tuple[str, str]:
    title, _, text = page.read_text(encoding="utf-8").partition("\n")
    text = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    prose = [part for part in re.split(r"\n\s*\n", text.strip()) if not part.startswith(_NO_PROSE)]
    paragraph = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", " ".join(prose[0].split()))
    sentence = re.match(r".+?\.(?= |$)", paragraph)
    return title.removeprefix("# "), sentence[0] if sentence else paragraph.rstrip(":") + "."


def pages() -> dict[Path, str]:
    """Make every page anew, by its path."""
    tables = {
        "settings": settings_table(),
        "errors": errors_table(),
        "commands": commands_table(),
        "checks": checks_table(),
    }
    made = {
        page: with_table(page, rows)
        for page, rows in ((DOCS / "reference" / f"{name}.md", r) for name, r in tables.items())
    }
    return {**made, CHECKOUT / "AGENTS.md": agents(), CHECKOUT / "llms.txt": llms()}


def main() -> int:
    """Write the pages, or with --check compare them; 1 if one is out of date."""
    stale = [
        (page, text)
        for page, text in pages().items()
        if not page.exists() or page.read_text(encoding="utf-8") != text
    ]
    for page, text in stale:
        where = page.relative_to(CHECKOUT)
        if "--check" in sys.argv[1:]:
            print(f"{where} is out of date: run scripts/make_reference.py")
        else:
            page.write_text(text, encoding="utf-8")
            print(f"{where}: written")
    return int("--check" in sys.argv[1:] and bool(stale))


if __name__ == "__main__":
    sys.exit(main())

"""Render files from templates with Django's template engine, paths included."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from django.template import Context, Engine

TEMPLATES: Final = Path(__file__).parent / "templates"
SUFFIX: Final = "-tpl"
"""Of every template's name, so that no tool takes one for a module or a tool's settings."""
_DOT: Final = "dot_"
"""How the name of a hidden file or folder begins: packaging tools leave hidden ones out."""

# What is written is code and no HTML.
_engine: Final = Engine(autoescape=False)


def render_tree(tree: str, answers: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of every file of a tree of templates, by its path with `/`."""
    context = Context(dict(answers), autoescape=False, use_l10n=False, use_tz=False)
    root = TEMPLATES / tree
    files = {}
    for template in sorted(root.rglob(f"*{SUFFIX}")):
        path = _render(_target(template.relative_to(root)), context)
        files[path] = _render(template.read_text(encoding="utf-8"), context)
    return files


def _render(text: str, context: Context) -> str:
    # Not str(): that gives back the same SafeString, which pathlib does not take.
    return str.__str__(_engine.from_string(text).render(context))


def _target(template: Path) -> str:
    parts = [
        f".{part.removeprefix(_DOT)}" if part.startswith(_DOT) else part for part in template.parts
    ]
    return str(PurePosixPath(*parts)).removesuffix(SUFFIX)

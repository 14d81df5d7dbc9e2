"""The fenced code blocks of the documentation's pages."""

import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

CHECKOUT = Path(__file__).resolve().parents[3]
DOCS = CHECKOUT / "docs"
CHINESE = DOCS / "zh-hans"
_HEADING = re.compile(r"# ([\w./-]*\.\w+)$")
_SHELL_COMMENT = re.compile(r"(^|\s+)#(?!!).*$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code, in the page and line where it stands."""

    page: str
    line: int
    language: str
    code: str

    @property
    def where(self) -> str:
        """For people: `howto/geser.md:12`."""
        return f"{self.page}:{self.line}"

    @property
    def first_line(self) -> str:
        """What tells it from the others of its page."""
        return self.code.partition("\n")[0]

    @property
    def file(self) -> str | None:
        """The file it says it is, in a comment that is its first line."""
        heading = _HEADING.match(self.first_line)
        return heading[1] if heading else None

    @property
    def without_comments(self) -> str:
        """What has to be the same in every language."""
        if self.language == "python":
            return _python_without_comments(self.code)
        if self.language in ("sh", "yaml", "toml", "dockerfile", "ini"):
            return re.sub(r"\n+", "\n", _SHELL_COMMENT.sub("", self.code)).strip()
        return self.code.strip()


def pages(folder: Path = DOCS) -> list[str]:
    """Every page in English, by its path under `folder`."""
    found = (path.relative_to(folder) for path in sorted(folder.rglob("*.md")))
    skipped = {"_build", "zh-hans"} if folder == DOCS else set()
    return [page.as_posix() for page in found if page.parts[0] not in skipped]


def blocks_of(path: Path) -> list[Block]:
    """Its blocks in their order; what Sphinx does itself (`{toctree}`) is not among them."""
    found = []
    for token in MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8")):
        if token.type not in ("fence", "code_block") or token.info.startswith("{"):
            continue
        name = path.relative_to(DOCS) if path.is_relative_to(DOCS) else path.relative_to(CHECKOUT)
        line = (token.map or [0])[0] + 1
        found.append(Block(name.as_posix(), line, token.info.strip(), token.content))
    return found


def python_files(name: str) -> dict[str, str]:
    """The Python blocks of a README, by the comment in their first line."""
    found = [block for block in blocks_of(CHECKOUT / name) if block.language == "python"]
    return {block.first_line.removeprefix("# "): block.code for block in found}


def _python_without_comments(code: str) -> str:
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    kept = [token for token in tokens if token.type not in (tokenize.COMMENT, tokenize.NL)]
    return " ".join(token.string for token in kept)

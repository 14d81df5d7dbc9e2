"""Write docs/conformance.md from the marks of the tests, or tell whether it is up to date.

    python scripts/make_conformance.py           write it
    python scripts/make_conformance.py --check   exit with 1 if it differs

A test says what it shows by `@rfc("6749", "5.2", "what is required")`. The marks are read from
the source, so nothing needs to be installed or run; the tests themselves say whether they hold.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parent.parent
PAGE = CHECKOUT / "docs" / "conformance.md"
TESTS = CHECKOUT / "tests" / "auth"
TITLES = {
    "6749": "The OAuth 2.0 Authorization Framework",
    "6750": "Bearer Token Usage",
    "7009": "OAuth 2.0 Token Revocation",
    "7523": "JWT Profile for OAuth 2.0 Client Authentication and Authorization Grants",
    "7662": "OAuth 2.0 Token Introspection",
    "8414": "OAuth 2.0 Authorization Server Metadata",
    "8707": "Resource Indicators for OAuth 2.0",
    "8725": "JSON Web Token Best Current Practices",
    "9068": "JSON Web Token (JWT) Profile for OAuth 2.0 Access Tokens",
}
HEAD = """\
# Conformance

What of the OAuth RFCs the token endpoints do, and the test that shows it. This page is made from
the tests' marks by `scripts/make_conformance.py`; a test fails when it is out of date.

Of RFC 6749 there is the client credentials grant (§4.4) and no other: no user takes part, so there
are no authorization endpoint, refresh tokens or redirects. Apps are confidential clients, and
their grants take the place of scopes. Where this service stays short of an RFC or goes beyond it:

- RFC 6749 §3.2: a query is refused even where it holds no credentials.
- RFC 6749 §3.3: any scope is an `invalid_scope`, because a token carries all of its app's grants;
  to ignore the scope would hand a client that asks for less a token that may do more.
- RFC 6749 §5.2 has no error for a caller that has to wait: HTTP 429 with `Retry-After` and
  `temporarily_unavailable`, which §4.1.2.1 has for that.
- RFC 7009 §2.1 has a client told that a token is another's. Here it is answered as an unknown
  token is, and the token stays good: the answer does not say which tokens there are.
- RFC 6749 §3.2, RFC 7009 §2 and RFC 7662 §4 require TLS, which is the server's in front to do.
"""


class Shown(NamedTuple):
    """A requirement, and the test that shows it."""

    rfc: str
    section: str
    requirement: str
    test: str
    path: str


def page() -> str:
    """The whole page."""
    tables: dict[str, dict[tuple[str, str], list[Shown]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(TESTS.glob("rfc*/test_*.py")):
        for shown in _marks(path):
            tables[shown.rfc][shown.section, shown.requirement].append(shown)
    parts = [HEAD]
    for rfc in sorted(tables):
        url = f"https://www.rfc-editor.org/rfc/rfc{rfc}"
        parts.append(f"\n## [RFC {rfc}]({url}): {TITLES[rfc]}\n\n")
        parts.append("| § | requirement | shown by |\n|---|---|---|\n")
        rows = tables[rfc]
        for section, requirement in sorted(rows, key=lambda key: (_order(key[0]), key[1])):
            tests = "<br>".join(
                f"[{shown.test}](../{shown.path})" for shown in rows[section, requirement]
            )
            parts.append(f"| {section} | {requirement.replace('|', '&#124;')} | {tests} |\n")
    return "".join(parts)


def _order(section: str) -> tuple[int, ...]:
    return tuple(int(number) for number in section.split("."))


def _marks(path: Path) -> list[Shown]:
    where = path.relative_to(CHECKOUT).as_posix()
    found = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) in (
                "rfc",
                "pytest.mark.rfc",
            ):
                rfc, section, requirement = map(ast.literal_eval, decorator.args)
                name = node.name.removeprefix("test_").replace("_", " ")
                found.append(Shown(rfc, section, requirement, name, where))
    return found


def main(*arguments: str) -> int:
    """Write the page, or with --check compare; the exit code."""
    text = page()
    if arguments == ("--check",):
        if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{PAGE} is out of date: python scripts/make_conformance.py", file=sys.stderr)
        return 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Issue, verify and keep tokens; the name is imported when first asked for."""

from typing import TYPE_CHECKING

from eaglet.imports import lazy_exports

if TYPE_CHECKING:
    from eaglet.auth.tokens.issuing import issue_access_token as issue_access_token

__all__ = ["issue_access_token"]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "issue_access_token": "eaglet.auth.tokens.issuing",
    },
)

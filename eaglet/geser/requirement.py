"""How a generated service depends on eaglet: on the one that has generated it."""

from __future__ import annotations

import json
import re
from importlib.metadata import distribution
from typing import Final

from eaglet import __version__
from eaglet.geser.errors import Refusal

_REQUIREMENT: Final = re.compile(r"eaglet\s*(\[[A-Za-z0-9_, -]*\])?\s*(@\s*\S+|[~=<>!].*)?")


def default_requirement() -> str:
    """The requirement that installs what is installed here, as `pip freeze` would have it.

    From a repository: the same commit. From a folder or a file: that one, on this machine. From
    an index: a compatible version (PEP 440).
    """
    origin = distribution("eaglet").read_text("direct_url.json")  # PEP 610
    if origin is None:
        return f"eaglet~={__version__}"
    told = json.loads(origin)
    if "vcs_info" in told:
        vcs = told["vcs_info"]
        return f"eaglet @ {vcs['vcs']}+{told['url']}@{vcs['commit_id']}"
    return f"eaglet @ {told['url']}"


def is_local(requirement: str) -> bool:
    """Whether it can be installed on this machine only."""
    return "file:" in requirement


def check_requirement(requirement: str) -> None:
    """Refuse what is no requirement of eaglet's, on one line (PEP 508)."""
    if not _REQUIREMENT.fullmatch(requirement) or "\n" in requirement:
        raise Refusal(
            f"{requirement!r} is no requirement of eaglet: write 'eaglet~=0.1.0' or "
            "'eaglet @ git+https://HOST/eaglet.git@v0.1.0'"
        )

"""The line of requirements.txt by which a service depends on the eaglet that wrote it."""

import json
import re
from importlib.metadata import PackageNotFoundError, distribution
from typing import Final

from eaglet import __version__
from eaglet.geser.errors import GeserError

_REQUIREMENT: Final = re.compile(
    r"eaglet\s*(\[[A-Za-z0-9_, -]*\])?\s*(@\s*\S+|[~=<>!].*)?|git\+file:\S+#egg=eaglet"
)


def default_requirement() -> str:
    """Return the requirement that installs what is installed here.

    From a repository: the same commit. From a folder or a file: that one, on this machine. From
    an index: a compatible version (PEP 440).
    """
    try:
        origin = distribution("eaglet").read_text("direct_url.json")  # PEP 610
    except PackageNotFoundError:
        raise GeserError("eaglet is not installed here: say what installs it by --eaglet") from None
    if origin is None:
        return f"eaglet~={__version__}"
    direct_url = json.loads(origin)
    url = str(direct_url["url"])
    if "vcs_info" in direct_url:
        vcs = direct_url["vcs_info"]
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
        if url.startswith("git+file:"):
            # pip before 24 takes no URL without a host after `eaglet @`, except file: itself.
            return f"{url}#egg=eaglet"
    return f"eaglet @ {url}"


def is_local(requirement: str) -> bool:
    """Tell whether it can be installed on this machine only."""
    return "file:" in requirement


def check_requirement(requirement: str) -> None:
    """Raise GeserError unless it is one line by which pip installs eaglet."""
    if not _REQUIREMENT.fullmatch(requirement) or requirement.splitlines() != [requirement]:
        raise GeserError(
            f"{requirement!r} is no requirement of eaglet: write 'eaglet~=0.2.0' or "
            "'eaglet @ git+https://HOST/eaglet.git@main'"
        )

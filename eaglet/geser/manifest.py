"""What a service keeps of how it was made: `.geser.json`.

The file comes with the service's repository, so nothing in it is trusted: neither the names, which
become paths and code, nor the paths.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from eaglet import __version__
from eaglet.geser import names
from eaglet.geser.errors import GeserError
from eaglet.geser.files import check_path, read_text
from eaglet.geser.requirement import check_requirement

FILE: Final = ".geser.json"
SERVERS: Final = ("granian", "gunicorn")
_VERSION: Final = re.compile(r"\d{1,4}(\.\d{1,4}){0,3}([.+a-z][.+a-z0-9]{0,40})?")


@dataclass(frozen=True)
class Answers:
    """What the templates are given; a requirement of None stands for the default."""

    name: str
    app: str
    requirement: str | None
    # What the services of before this field run under.
    server: str = "gunicorn"

    def check(self) -> None:
        """Raise GeserError for names and requirements that `geser new` would not take."""
        names.check_service_name(self.name)
        names.check_name(self.app, "an app")
        if self.server not in SERVERS:
            raise GeserError(f"{self.server!r} is none of {', '.join(SERVERS)}")
        if self.requirement is not None:
            check_requirement(self.requirement)


@dataclass(frozen=True)
class Manifest:
    """How a service was made.

    Attributes:
        answers: what the templates were given.
        written: each file's text as the templates made it, by its path: what an update compares
            with. Secrets and what was added later are not in it.
        template: the version of the templates, which is that of eaglet.
    """

    answers: Answers
    written: Mapping[str, str] = field(repr=False)
    template: str = __version__

    def text(self) -> str:
        """Return what stands in the file."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of the service in a folder.

    Raises GeserError if there is none, it is malformed, or a path in it leads out of the folder.
    """
    text = read_text(folder, FILE)
    if text is None:
        raise GeserError(f"{folder} is no service that geser has made: it has no {FILE}")
    try:
        found = json.loads(text)
        manifest = Manifest(
            Answers(
                **{name: found["answers"][name] for name in ("name", "app", "requirement")},
                server=found["answers"].get("server", Answers.server),
            ),
            dict(found["written"]),
            found["template"],
        )
        if not _VERSION.fullmatch(manifest.template):
            raise ValueError("the version of the templates is no version")
        if not all(isinstance(text, str) for text in manifest.written.values()):
            raise TypeError("the text of a file is no string")
        manifest.answers.check()
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise GeserError(f"{folder / FILE} can't be read: {error!r}") from error
    for path in manifest.written:
        check_path(path)
    return manifest


def find_service(start: Path) -> Path:
    """Return the folder of the service that a folder is in."""
    for folder in (start, *start.parents):
        if (folder / FILE).exists():
            return folder
    raise GeserError(f"{start} is in no service that geser has made: change to the folder of one")

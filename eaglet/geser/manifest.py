"""What a service keeps of how it was made: `.geser.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from eaglet import __version__
from eaglet.geser.errors import Refusal

FILE: Final = ".geser.json"


@dataclass(frozen=True)
class Record:
    """How a service was made.

    Attributes:
        answers: what the templates were given; a requirement of None stands for the default.
        written: each file's text as the templates made it, by its path: what an update compares
            with. Secrets and what was added later are not in it.
        template: the version of the templates, which is that of eaglet.
    """

    answers: Mapping[str, Any]
    written: Mapping[str, str] = field(repr=False)
    template: str = __version__

    def text(self) -> str:
        """What stands in the file."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def read_record(folder: Path) -> Record:
    """The record of the service in a folder; refuses a folder or a file that has none."""
    try:
        told = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return Record(dict(told["answers"]), dict(told["written"]), str(told["template"]))
    except FileNotFoundError:
        raise Refusal(f"{folder} is no service that geser has made: it has no {FILE}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{folder / FILE} can't be read: {error!r}") from error


def find_service(start: Path) -> Path:
    """The folder of the service that a folder is in."""
    for folder in (start, *start.parents):
        if (folder / FILE).exists():
            return folder
    raise Refusal(f"{start} is in no service that geser has made: change to the folder of one")

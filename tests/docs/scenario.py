"""What a page takes for granted, and which of its blocks are not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

OUTPUT = "what a command or a call prints, with what differs each time left out"


@dataclass(frozen=True)
class Scenario:
    """How one page is played.

    What it takes for granted stands in `given/<page>/`: files laid over the service's, but
    `settings.py`, which is added to its settings, and `before.py`, which is run before the first
    block of Python.
    """

    # What a reader puts in place of what the page shows: `…` of a token, a folder of one's own.
    instead: Mapping[str, str] = field(default_factory=dict)
    # Blocks that can't be run, by their first line, and why; some are parsed all the same.
    not_run: Mapping[str, str] = field(default_factory=dict)
    # What its commands print, among other things, in this order.
    prints: Sequence[str] = ()
    # Whether the page begins with no service, as a newcomer does.
    from_nothing: bool = False
    # Whether a server runs on port 8000 from before the first block of a shell.
    served: bool = False


SCENARIOS: Mapping[str, Scenario] = {
    "tutorial.md": Scenario(
        from_nothing=True,
        prints=(
            " passed in ",
            " passed in ",
            '{"status":"ok"}',
            '"code":401',
            '{"code":200,"data":{"name":"Ada","times":1}',
            '{"code":200,"data":{"id":7}',
            '{"code":200,"data":{"ordered_by":"Grace","times":1}',
            "Grace was greeted, 1 times by now",
            "a worker takes its tasks",
            '{"status":"ok"}{"status":"ok"}',
        ),
    ),
}

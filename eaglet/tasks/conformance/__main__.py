"""Run the cases on TASKS["default"], tasks taking argv[1] seconds at most; print JSON of each."""

import json
import os
import sys
import tomllib
import uuid
from pathlib import Path

import django

CASES = tomllib.loads(Path(__file__).with_name("cases.toml").read_text())


def main() -> int:
    """Run them; return 1 if one fails."""
    seconds = float(sys.argv[1]) if sys.argv[1:] else 15
    os.environ["EAGLET_CONFORMANCE_SENDER"] = str(os.getpid())
    django.setup()
    # Workers take a while to begin. If there are none, the cases need not wait for them.
    if outcome_of("run(echo)", 4 * seconds) != "passed":
        seconds = 0.5
    outcome = {}
    for group, cases in CASES.items():
        supports = cases.pop("supports", "")
        outcome[group] = {name: outcome_of(one, seconds, supports) for name, one in cases.items()}
    print(json.dumps(outcome, indent=1))  # noqa: T201
    return int('"failed: ' in json.dumps(outcome))


def outcome_of(case: str, seconds: float, supports: str = "") -> str:
    """Return "passed", "unsupported", or how a case failed."""
    from eaglet.tasks.conformance import tasks  # noqa: PLC0415 - needs the apps

    tasks.limit["seconds"] = seconds
    if supports and not getattr(tasks.backend, f"supports_{supports}"):
        return "unsupported"
    known = {**vars(tasks), "name": str(uuid.uuid4())}
    try:
        return "passed" if eval(case, known) else "failed: it does not hold"  # noqa: S307 - ours
    except Exception as error:  # noqa: BLE001 - of the backend under test
        return f"failed: {type(error).__name__}: {error}"[:300]


if __name__ == "__main__":
    sys.exit(main())

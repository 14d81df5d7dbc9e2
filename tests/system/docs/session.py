"""A process of a service that runs the Python blocks of one page, one after the other.

Started in the service's folder; reads a JSON line for each block and writes one for each result.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any


def main() -> None:
    """Run blocks, in one namespace, until there are no more."""
    sys.path[0] = os.getcwd()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    namespace: dict[str, Any] = {"__name__": "blocks"}
    for line in sys.stdin:
        asked = json.loads(line)
        error = None
        try:
            exec(compile(asked["code"], asked["name"], "exec", dont_inherit=True), namespace)
        except BaseException:  # noqa: BLE001 - told to who asked
            error = traceback.format_exc()
        answers.write(json.dumps(error) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()

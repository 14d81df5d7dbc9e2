"""Count the instructions of a call, which are the same whatever else the machine does.

    python -m benchmarks.instructions

valgrind counts them (Debian's package of that name), from the moment that a process has warmed up.
It takes some minutes; a ratio comes out the same within two percent, where one of times spreads
over ten.
"""

import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import job_a, job_b

WARM, CALLS = 60, 400
IN_A = ("plain Django", "Django, a constant", "eaglet", "eaglet, not counted")
IN_B = ("plain", "eaglet asking", "eaglet cached", "eaglet JWT cached")


def repeat(contestant: str, given: str) -> None:
    """Make CALLS calls of job A, or, with a database and its tokens, of job B; and end at once."""
    if given:
        call = job_b.prepare(contestant, *json.loads(Path(given).read_text()))
    else:
        call = job_a.make_call(contestant)
    for _ in range(WARM):
        call()
    subprocess.run(["callgrind_control", "--zero", str(os.getpid())], check=True)
    for _ in range(CALLS):
        call()
    os._exit(0)


def instructions(contestant: str, given: str) -> int:
    """Count those of one call."""
    with tempfile.TemporaryDirectory() as folder:
        counted = Path(folder, "counted")
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={counted}"]
        command += [sys.executable, "-m", "benchmarks.instructions", contestant, given]
        settled = {**os.environ, "PYTHONHASHSEED": "0"}
        subprocess.run(command, capture_output=True, check=True, env=settled)
        return int(re.search(r"^summary: (\d+)", counted.read_text(), re.MULTILINE)[1]) // CALLS


def tell(contestants: tuple[str, ...], given: str = "") -> None:
    """Print what each takes, and beside the first."""
    base = None
    for contestant in contestants:
        count = instructions(contestant, given)
        base = base or count
        print(f"{contestant:24} {count:10,} {count / base:6.3f}", flush=True)


def main() -> None:
    """Count in both jobs, over SQLite."""
    tell(IN_A)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:{folder}/db.sqlite3"
        context = multiprocessing.get_context("spawn")
        pipe, theirs = context.Pipe()
        context.Process(target=job_b.issue, args=(url, theirs)).start()
        given = Path(folder, "given.json")
        given.write_text(json.dumps([url, pipe.recv()]))
        tell(IN_B, str(given))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        repeat(*sys.argv[1:])
    else:
        main()

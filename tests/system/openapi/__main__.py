"""Call the test project's services with what schemathesis makes of their OpenAPI documents.

    python -m tests.system.openapi PATH_OF_SCHEMATHESIS [--examples 50] [--seed 1]

Valid input and invalid, generated; every answer must be one that the document tells of, and one
of the answer table. Bounded by the number of examples and by time.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from demo.called_service import start_service
from demo.caller import Caller
from demo.processes import Processes, leave_by_exception
from demo.roles import Role

HERE = Path(__file__).parent
ROLES = ("api", "member")
LONGEST_RUN_SECONDS = 240


def main() -> int:
    leave_by_exception()
    parser = argparse.ArgumentParser()
    parser.add_argument("schemathesis", type=Path)
    parser.add_argument("--examples", type=int, default=50)
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    seed = random.randrange(1_000_000) if options.seed is None else options.seed
    with (
        tempfile.TemporaryDirectory(prefix="eaglet-openapi-") as folder,
        Processes(Path(folder)) as processes,
        Caller() as caller,
    ):
        for name in ROLES:
            role = Role(name, Path(folder))
            service = start_service(role, "schemathesis", processes, caller)
            document = Path(folder) / f"{name}.json"
            role.manage("openapi", "--output", str(document))
            command = [
                options.schemathesis.absolute(), "--config-file", HERE / "schemathesis.toml",
                "run", document, "--url", service.server.url,
                "--header", f"Authorization: Bearer {service.token}", "--no-color",
                "--max-examples", str(options.examples), "--seed", str(seed),
            ]  # fmt: skip
            finished = subprocess.run(
                command,
                cwd=folder,
                env={
                    **os.environ,
                    "SCHEMATHESIS_HOOKS": "answer_table",
                    "PYTHONPATH": str(HERE),
                },
                capture_output=True,
                text=True,
                timeout=LONGEST_RUN_SECONDS,
                check=False,
            )
            lines = finished.stdout.rstrip().splitlines()
            if finished.returncode != 0:
                print(finished.stdout, finished.stderr)
                print(f"{name}: not clean; again with --seed {seed}")
                return 1
            print(f"{name}: {lines[-1].strip(' =')} (seed {seed})")
    return 0


if __name__ == "__main__":
    sys.exit(main())

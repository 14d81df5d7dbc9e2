"""Run tox, and say which environments ran and which were skipped.

    python scripts/run_matrix.py PATH_OF_TOX [interpreter …]

The interpreters are those that need not be on PATH. What an environment printed is printed only
if it failed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
AT_ONCE = "2"


def main(tox: str, *interpreters: str) -> int:
    """Run every environment; 0 if all passed that could run, and any could."""
    discover = ["--discover", *interpreters] if interpreters else []
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--parallel", AT_ONCE, "--parallel-no-spinner", "--quiet", "--quiet"]
        finished = subprocess.run(
            [tox, "run-parallel", *options, "--result-json", str(report), *discover],
            cwd=CHECKOUT,
            check=False,
        )
        if not report.exists():
            return finished.returncode or 1
        environments = json.loads(report.read_text())["testenvs"]
    return _summarize(environments) or finished.returncode


def _summarize(environments: Mapping[str, Mapping[str, Any]]) -> int:
    """Print what became of each; 1 if one failed, or none ran."""
    passed = failed = skipped = 0
    for name, environment in environments.items():
        if name.startswith("."):  # where the wheel is built
            continue
        result = environment.get("result")
        if result is None or result.get("skipped"):
            skipped += 1
            print(f"{name:16} skipped: no such interpreter was found")
            continue
        passed += result["success"]
        failed += not result["success"]
        verdict = "passed" if result["success"] else "FAILED"
        print(f"{name:16} {verdict} in {result['duration']:.0f} s  ({_versions(environment)})")
    print(f"matrix: {passed} passed, {failed} failed, {skipped} skipped")
    return int(failed > 0 or passed == 0)


def _versions(environment: Mapping[str, Any]) -> str:
    python = environment.get("python", {}).get("version", "?").split()[0]
    installed = environment.get("installed_packages", ())
    versions = dict(line.split("==", 1) for line in installed if "==" in line)
    return f"Python {python}, Django {versions.get('Django', '?')}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

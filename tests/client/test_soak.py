"""A short form of `make soak`, with the same faults and the same verdict."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SHORT = ["200", "--threads=8", "--pause=0.05", "--lifetime=2", "--rotations=1", "--restarts=1",
         "--outage=4"]  # fmt: skip


@pytest.mark.slow
def test_callers_get_through_a_bad_day():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", *SHORT],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 answered wrong" in done.stdout
    assert "1 restarts, 1 rotations, 1 outages" in done.stdout

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
MAKE = CHECKOUT / "scripts" / "make_conformance.py"


def test_the_table_of_conformance_is_that_of_the_tests_marks():
    done = subprocess.run(
        [sys.executable, "-I", MAKE, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_rfc_with_an_endpoint_has_its_table():
    text = (CHECKOUT / "docs" / "conformance.md").read_text(encoding="utf-8")
    for number in ("6749", "7009", "7523", "7662", "8414", "8707", "8725", "9068"):
        assert f"## [RFC {number}]" in text

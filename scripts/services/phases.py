"""What is run when no command is given: the tests that need services."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
DATABASES = ("postgresql", "mariadb")
ON_EVERY_DATABASE = ("tests/auth", "tests/tasks")
"""Tests that otherwise run on SQLite alone."""
WITHOUT_DATABASE = ("tests/tasks/embedded",)
"""What is among them and uses none."""


@dataclass(frozen=True)
class Phase:
    """A command, and what it finds in its environment besides."""

    title: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = CHECKOUT


def default_phases(told: Mapping[str, str]) -> list[Phase]:
    """The marked tests, then those that any database must pass on each of them."""
    pytest = [sys.executable, "-m", "pytest", "--quiet"]
    suites = [suite for suite in ON_EVERY_DATABASE if (CHECKOUT / suite).is_dir()]
    left_out = [f"--ignore={folder}" for folder in WITHOUT_DATABASE]
    options = [
        "--ds",
        "tests.system.servers.settings",
        "-m",
        "not services and not slow",
        *left_out,
    ]
    options += ["--numprocesses", "auto", "--dist", "loadfile"]
    on_database = [*pytest, *options, *suites]
    return [
        # Tests that need it fail where this did.
        Phase("the stand-in for MongoDB", [sys.executable, "-m", "tests.mongo.stand_in"]),
        Phase("tests that need services", [*pytest, "-m", "services"]),
        *(
            Phase(
                f"{' '.join(suites)} on {database}",
                on_database,
                {"EAGLET_TEST_DATABASE_URL": told[f"EAGLET_TEST_{database.upper()}_URL"]},
            )
            for database in DATABASES
        ),
    ]

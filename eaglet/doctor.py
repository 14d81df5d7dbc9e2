"""`manage.py eaglet_doctor`: try what a service needs from outside, and say what to do.

System checks read settings and touch nothing; this connects, asks and counts. Each app registers
its own examination.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from eaglet.health import unapplied_migrations
from eaglet.setup_errors import missing_table, remedy


@dataclass(frozen=True)
class Finding:
    """Describe one thing examined; `remedy` says what to do, and is empty if all is well."""

    text: str
    remedy: str = ""


Examination = Callable[[], Iterable[Finding]]

_examinations: Final[dict[str, Examination]] = {}


def register_examination(name: str, examination: Examination) -> None:
    """Register an app's examination, or replace the one of that name."""
    _examinations[name] = examination


def findings() -> Iterator[Finding]:
    """Run every examination; a DatabaseError becomes a finding, and the next one runs."""
    for examination in (_migrations, *_examinations.values()):
        try:
            yield from examination()
        except DatabaseError as error:
            table = missing_table(error)
            yield Finding(str(error).strip(), remedy(table) if table else "see DATABASES")


def _migrations() -> Iterator[Finding]:
    for connection in connections.all():
        if connection.settings_dict.get("ENGINE") == "django.db.backends.dummy":
            continue
        where = f"database {connection.alias!r}"
        if missing := unapplied_migrations(connection):
            option = "" if connection.alias == "default" else f" --database {connection.alias}"
            told = f"{where}: {len(missing)} migrations are not applied"
            yield Finding(told, f"run manage.py migrate{option}")
        else:
            yield Finding(f"{where}: every migration is applied")


class Command(BaseCommand):
    """Print the findings with their remedies; fail if there is anything to do."""

    help = (
        "Try what this service needs: its tables, the services it calls and the key it calls them "
        "with, its broker, relay and workers; and say what to do."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError with the number of problems if there are any."""
        problems = 0
        for finding in findings():
            if finding.remedy:
                problems += 1
                self.stdout.write(self.style.ERROR(f"FAULT {finding.text}"))
                self.stdout.write(f"      {finding.remedy}")
            else:
                self.stdout.write(f"ok    {finding.text}")
        if problems:
            raise CommandError("1 problem" if problems == 1 else f"{problems} problems")

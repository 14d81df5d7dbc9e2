"""`manage.py compare_tasks`: whether what a sender sends fits what receivers take."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eaglet.tasks.contract_listing import discovered_listing, mismatches


class Command(BaseCommand):
    """Fail, for CI, when a sender's listing and its receivers' do not go together."""

    help = (
        "Compare a sender's listing with those of the services that take its tasks and events, as "
        "`manage.py eaglet_tasks` writes them, and fail if a task is not taken, or either not so. "
        "`-` is this service."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("sender", metavar="SENDER", help="A file, or -.")
        parser.add_argument("receivers", metavar="RECEIVER", nargs="+", help="Files, or -.")
        parser.add_argument(
            "--allow-untaken",
            action="store_true",
            help="Pass over queues that none of these receivers takes.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare. Raises CommandError with every mismatch, or for what can't be read."""
        sender = _read(options["sender"])
        receivers = [_read(name) for name in options["receivers"]]
        try:
            found = list(mismatches(sender, receivers, allow_untaken=options["allow_untaken"]))
        except ValueError as error:
            raise CommandError(f"a listing can't be used: {error}") from error
        if found:
            lines = "\n".join(f"  {line}" for line in found)
            raise CommandError(f"what is sent is not what is taken:\n{lines}")
        events = f", and {len(emits)} events" if (emits := sender.get("emits")) else ""
        self.stdout.write(f"What is sent to {len(sender['sends'])} queues{events} is taken.")


def _read(name: str) -> Any:
    if name == "-":
        return discovered_listing()
    try:
        return json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{name} can't be read: {error}") from error

"""`manage.py worker`: Celery's worker, with the project's settings."""

import argparse
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from eaglet.tasks.celery_app import app


class Command(BaseCommand):
    """Hand everything that is said to Celery."""

    help = (
        "Take the tasks of every queue that is declared: `celery -A eaglet.tasks worker`, with the "
        "project's settings, and with all of Celery's options."
    )

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the worker; `--settings` and `--pythonpath` have done their work."""
        own = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        own.add_argument("--settings")
        own.add_argument("--pythonpath")
        self.handle(celery_options=own.parse_known_args(argv[2:])[1])

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("celery_options", nargs="*", metavar="OPTION", help="as Celery has it")

    def handle(self, *args: Any, celery_options: Sequence[str], **options: Any) -> None:
        """Run the worker until it is told to stop."""
        app.worker_main(["worker", *celery_options])

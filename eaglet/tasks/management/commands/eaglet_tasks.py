"""`manage.py eaglet_tasks`: what this service sends and takes, as JSON."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from eaglet.tasks.contract_listing import discovered_listing


class Command(BaseCommand):
    """Write the listing that `compare_tasks` reads."""

    help = (
        "Write, as JSON, which queues this service sends to (as `sends` declares) and takes from "
        "(as `@task` declares), with the payloads."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it. What an import of a `tasks` module raises is raised."""
        # The system checks, which run first, have imported the URLconf and with it the resources.
        self.stdout.write(json.dumps(discovered_listing(), indent=2, ensure_ascii=False))

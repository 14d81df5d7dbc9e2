"""Find the databases that have an outbox."""

from django.db import connections, router

from eaglet.tasks.database import has_table
from eaglet.tasks.models import OutboxTask


def outbox_aliases() -> list[str]:
    """Return the databases that may have an outbox by the routers; replicas have none."""
    return [
        alias
        for alias in connections
        if router.allow_migrate_model(alias, OutboxTask)
        and not connections[alias].settings_dict["TEST"].get("MIRROR")
    ]


def migrated_outboxes() -> list[str]:
    """Return those where the outbox's table is there."""
    return [alias for alias in outbox_aliases() if has_table(alias, OutboxTask)]

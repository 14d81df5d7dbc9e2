"""Find the databases that have an outbox."""

from __future__ import annotations

from django.db import connections, router

from eaglet.tasks.models import OutboxTask


def outbox_aliases() -> list[str]:
    """Return the databases that may have an outbox by the routers; replicas have none."""
    return [
        alias
        for alias in connections
        if router.allow_migrate_model(alias, OutboxTask)
        and not connections[alias].settings_dict["TEST"].get("MIRROR")
    ]


def is_migrated(alias: str) -> bool:
    """Return whether the outbox's table is there."""
    with connections[alias].cursor() as cursor:
        tables = connections[alias].introspection.table_names(cursor)
    return OutboxTask._meta.db_table in tables

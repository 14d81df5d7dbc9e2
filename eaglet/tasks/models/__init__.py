"""The tables: what is sent, what is received, and what is known to be done."""

from eaglet.tasks.models.outbox import OutboxTask, OutboxTaskQuerySet
from eaglet.tasks.models.received import ReceivedTask
from eaglet.tasks.receiving.once import InboxEntry

__all__ = ["InboxEntry", "OutboxTask", "OutboxTaskQuerySet", "ReceivedTask"]

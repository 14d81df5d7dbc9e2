"""The admin of tasks: what was sent, what was received, and each task's life on one page."""

from eaglet.tasks.admin.outbox import OutboxTaskAdmin
from eaglet.tasks.admin.received import ReceivedTaskAdmin

__all__ = ["OutboxTaskAdmin", "ReceivedTaskAdmin"]

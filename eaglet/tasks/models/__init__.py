"""The tables: what is sent, what is received, and what is known to be done."""

from eaglet.setup_errors import require_app

require_app("eaglet.tasks")

from eaglet.tasks.models.inbox import InboxEntry, inbox_alias  # noqa: E402
from eaglet.tasks.models.outbox import OutboxTask, OutboxTaskQuerySet  # noqa: E402
from eaglet.tasks.models.periodic import PeriodicTask  # noqa: E402
from eaglet.tasks.models.process import Process  # noqa: E402
from eaglet.tasks.models.received import ReceivedTask, ledger_alias  # noqa: E402

__all__ = [
    "InboxEntry",
    "OutboxTask",
    "OutboxTaskQuerySet",
    "PeriodicTask",
    "Process",
    "ReceivedTask",
    "inbox_alias",
    "ledger_alias",
]

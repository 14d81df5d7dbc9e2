"""Test services that send tasks, and take them."""

from eaglet.tasks.testing.broker_faults import (
    broker_down,
    broker_refusing,
    broker_silent,
    broker_slow,
)
from eaglet.tasks.testing.capture import (
    CapturedTask,
    CapturedTasks,
    captured_events,
    captured_tasks,
)
from eaglet.tasks.testing.inline import InlineTasks, RanTask, inline_tasks

__all__ = [
    "CapturedTask", "CapturedTasks", "InlineTasks", "RanTask", "broker_down", "broker_refusing",
    "broker_silent", "broker_slow", "captured_events", "captured_tasks", "inline_tasks",
]  # fmt: skip

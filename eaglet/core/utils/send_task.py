"""The documented import path of `send_task`."""

from eaglet.tasks.sending.send import send_task

__all__ = ["send_task"]

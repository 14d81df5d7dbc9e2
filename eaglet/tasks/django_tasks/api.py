"""Name Django's tasks framework: Django's own, or its backport where Django has none."""

from typing import TYPE_CHECKING, Any, TypeAlias

import django

if TYPE_CHECKING or django.VERSION >= (6,):
    from django.tasks import base, signals, task, task_backends
    from django.tasks.backends.base import BaseTaskBackend
    from django.tasks.exceptions import InvalidTask, TaskResultDoesNotExist, TaskResultMismatch
    from django.utils.json import normalize_json
else:
    # Importing its checks has them run, in INSTALLED_APPS or not.
    from django_tasks import base, checks, signals, task, task_backends  # noqa: F401
    from django_tasks.backends.base import BaseTaskBackend
    from django_tasks.exceptions import InvalidTaskError as InvalidTask
    from django_tasks.exceptions import TaskResultDoesNotExist, TaskResultMismatch
    from django_tasks.utils import normalize_json

Task: TypeAlias = "base.Task[Any, Any]"
Result: TypeAlias = "base.TaskResult[Any, Any]"
__all__ = [
    "BaseTaskBackend", "InvalidTask", "Result", "Task", "TaskResultDoesNotExist",
    "TaskResultMismatch", "base", "normalize_json", "signals", "task", "task_backends",
]  # fmt: skip

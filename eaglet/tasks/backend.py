"""Be a backend of Django's tasks: what is enqueued is in the outbox, within the transaction.

TASKS = {"default": {"BACKEND": "eaglet.tasks.backend.OutboxBackend"}}
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from traceback import walk_stack
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.functional import SimpleLazyObject

from eaglet.tasks.django_tasks.api import BaseTaskBackend, Result, Task, signals, task_backends

if TYPE_CHECKING:
    from eaglet.tasks.django_tasks import store
else:
    # A backend is made at the first import of a task, and models need the app registry.
    store = SimpleLazyObject(partial(import_module, "eaglet.tasks.django_tasks.store"))

logger = logging.getLogger("eaglet.tasks")

_COMMIT_HOOKS: Final = BaseDatabaseWrapper.run_and_clear_commit_hooks.__code__
_warned: Final[set[bool]] = set()


class OutboxBackend(BaseTaskBackend):
    """Enqueue by the outbox, in the open transaction; have Celery's workers run them.

    Options: USING, the database of the outbox; ORDER_KEY, a function of task, args and kwargs, or
    the path of one, which returns the key within which tasks are run in order, or None; ONCE and
    MAX_ATTEMPTS, as `eaglet.tasks.task` has them; RETENTION, for how many seconds what has ended
    is kept.
    """

    supports_defer = supports_async_task = supports_get_result = supports_priority = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        queues: Any = params.get("QUEUES", ())
        self._is_shaped = (
            isinstance(queues, list | tuple | set | frozenset)
            and all(isinstance(name, str) for name in queues)
            and isinstance(params.get("OPTIONS", {}), dict)
        )
        # Else what is wrong would be told by a traceback, at the first import of a task.
        super().__init__(alias, params if self._is_shaped else {"QUEUES": ()})
        self._unknown = [one for one in params if one not in ("BACKEND", "QUEUES", "OPTIONS")]
        self._cleared: set[str] = set()

    def enqueue(self, task: Task, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Result:
        """Write a task to the outbox.

        Raises TypeError for arguments that JSON can't carry or that are too large, InvalidTask for
        a task that no worker would find, and else what `eaglet.tasks.send_task` raises.
        """
        self.validate_task(task)
        if not _warned and any(one.f_code is _COMMIT_HOOKS for one, _ in walk_stack(None)):
            _warned.add(True)
            logger.warning(
                "a task is enqueued by transaction.on_commit: it is lost if this process ends "
                "after the commit and before that. Call .enqueue() within the transaction: what "
                "is rolled back is not sent."
            )
        result = store.write(self, task, args, kwargs)
        signals.task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> Result:
        """Return what has become of a task. Raises TaskResultDoesNotExist."""
        return store.find(self, result_id)

    @property
    def results(self) -> list[Result]:
        """Return all that is in the outbox and not cleared, in order, for tests."""
        return [store.find(self, one) for one in store.ids_of(self) if one not in self._cleared]

    def clear(self) -> None:
        """Leave what is there out of `results`; nothing is deleted."""
        self._cleared.update(store.ids_of(self))

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Find what is wrong with these settings."""
        if not apps.is_installed("eaglet.tasks"):
            faults = ["'eaglet.tasks' is not in INSTALLED_APPS"]
        elif not self._is_shaped:
            faults = ["QUEUES is a list of names, and OPTIONS a dict"]
        else:
            faults = [*store.faults_of(self)]
        faults += [f"{one!r} is none of BACKEND, QUEUES and OPTIONS" for one in self._unknown]
        told = "TASKS[{!r}]: {}.".format
        return [Error(told(self.alias, fault), id="eaglet_tasks.E004") for fault in faults]


def take_all() -> None:
    """Have the workers of this process take what each alias with this backend enqueues."""
    for alias in settings.TASKS:
        if isinstance(backend := task_backends[alias], OutboxBackend) and not backend.check():
            store.take(backend)

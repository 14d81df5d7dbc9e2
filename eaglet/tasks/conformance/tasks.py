"""The tasks that the cases enqueue, the marks that they leave, and what the cases ask of them."""

import contextlib
import datetime
import decimal
import functools
import os
import pickle
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

from asgiref.sync import async_to_sync as wait_for
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.transaction import atomic, on_commit, set_rollback
from django.utils import timezone

from eaglet.tasks.django_tasks.api import *

MARKS = Path(settings.CONFORMANCE_MARKS)
IS_SENDER = os.environ.get("EAGLET_CONFORMANCE_SENDER") == str(os.getpid())
backend = task_backends["default"]
limit = {"seconds": 15.0}


def marks():
    return MARKS.read_text().splitlines() if MARKS.exists() else []


@task
def mark(name, seconds=0, dies=False):
    with MARKS.open("a") as file:
        file.write(f"{name}\n")
    time.sleep(seconds)
    if dies and not IS_SENDER and marks().count(name) == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@task
def echo(*args, **kwargs):
    return [list(args), kwargs]


@task
def fail(text):
    if text == "exit":
        raise SystemExit(3)
    if text == "set":
        return {text}
    raise KeyError(text) from ValueError("inner")


@task(takes_context=True)
def tell(context, *args, **kwargs):
    of = context.task_result
    told = [of.id, str(of.status), len(of.worker_ids), of.backend, of.task.module_path]
    return [context.attempt, *told, bool(of.started_at), of.args, of.kwargs, [*args], kwargs]


async def later(context, number):
    return [context.attempt, 1 / number]


def vanishing():
    mark.func("vanished")


if IS_SENDER:  # where it is run it is no task
    vanishing = task(vanishing)
with contextlib.suppress(Exception):  # of a backend without coroutines
    later = task(takes_context=True)(later)
with contextlib.suppress(Exception):  # of a backend without priorities
    urgent = task(priority=7)(mark.func)


def note(name, sender, task_result, **kwargs):
    # Some send an object of the backend, which fails the case of the sender and no other.
    sender = getattr(sender, "__name__", "an object")
    told = (name, task_result.id, sender, task_result.status, os.getpid())
    mark.func(" ".join(map(str, told)))


for _name in ("enqueued", "started", "finished"):
    getattr(signals, f"task_{_name}").connect(functools.partial(note, _name), weak=False)


def until(holds):
    end = time.monotonic() + limit["seconds"]
    while time.monotonic() < end:
        with contextlib.suppress(TaskResultDoesNotExist):
            if value := holds():
                return value
        time.sleep(0.05)
    raise TimeoutError(f"not in {limit['seconds']:g} s")


def ended(result):
    if result.is_finished:
        return result
    return until(lambda: (one := backend.get_result(result.id)).is_finished and one)


def run(one, *args, **kwargs):
    return ended(one.enqueue(*args, **kwargs))


known = functools.cache(run)


def raises(kind, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind:
        return True


def at(seconds):
    return timezone.now() + datetime.timedelta(seconds=seconds)


def marked(pattern):
    return until(lambda: any(re.fullmatch(pattern, line) for line in marks()))


def unmarked(name):  # and what is enqueued now has been run
    mark.enqueue(fence := str(uuid.uuid4()))
    marked(fence)
    time.sleep(0.5)
    return name not in marks()


def block(name, enqueue=mark.enqueue, undo=False):
    with atomic():
        enqueue(name)
        set_rollback(undo)
    return name


def elsewhere(code, *args):  # in a process of its own
    line = f"import django; django.setup()\nfrom {__name__} import *\n{code.format(*args)}"
    return subprocess.run([sys.executable, "-c", line], check=False).returncode  # noqa: S603

"""A process that calls services."""

# ruff: noqa: PLC0415 - most of it needs settings, and those come from the test

import os
import secrets
import signal
import time

from tests.system.driven_process import DrivenProcess, migrate

__all__ = ["CallerProcess", "migrate"]

BASE = {
    "SECRET_KEY": "processes",
    "USE_TZ": True,
    "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    "ENABLE_API_AUTH": True,
    "APP_KEY": "hermes",
    "APP_SECRET": "s3cr3t-of-hermes",
}


class CallerProcess(DrivenProcess):
    module = __name__


# What a process can be asked to do

_blocks = []


def prepare(clock_ahead, patience):
    """Have everything imported that a call needs; see another time of day.

    It will wait so many seconds for a token of another process.
    """
    from datetime import timedelta

    from django.utils import timezone

    from eaglet.client import Resource  # noqa: F401
    from eaglet.client.tokens import cache

    cache.LEASE_WAIT_SECONDS = patience
    if clock_ahead:  # the monotonic clock is no clock of the day
        now, right = time.time, timezone.now
        time.time = lambda: now() + clock_ahead
        timezone.now = lambda: right() + timedelta(seconds=clock_ahead)


def call():
    """The data of an answer; raises what the call raises."""
    from eaglet.client import Resource

    request = {"resource": "card.trade", "data": {"a": 1}}
    return Resource.use("card", raise_errors=True).post(request)["data"]


def call_in_threads(count):
    """What so many calls at once got, or the text of what they raised."""
    import threading

    barrier = threading.Barrier(count)
    results = []

    def one():
        barrier.wait()
        try:
            results.append(call())
        except Exception as error:  # noqa: BLE001
            results.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def call_for(seconds, pause=0.02):
    """How often a call in a row went well in so many seconds; raises what one raises."""
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        call()
        count += 1
        time.sleep(pause)
    return count


def call_in_transaction_that_is_rolled_back():
    """Call in a transaction that has written, and take that back."""
    from django.db import transaction

    from eaglet.auth.models import App

    name = secrets.token_hex(4)
    with transaction.atomic():
        App.objects.create_app(name)
        data = call()
        transaction.set_rollback(True)
    assert not App.objects.filter(name=name).exists()
    return data


def begin_transaction():
    """Write in a transaction that stays open."""
    from django.db import transaction

    from eaglet.auth.models import App

    block = transaction.atomic()
    block.__enter__()
    _blocks.append(block)
    App.objects.create_app(secrets.token_hex(4))


def roll_back():
    _blocks.pop().__exit__(RuntimeError, RuntimeError(), None)


def commit():
    _blocks.pop().__exit__(None, None, None)


def rows_with_tokens():
    from eaglet.auth.models import CachedToken

    return CachedToken.objects.exclude(encrypted_token="").count()


def forget_in_memory():
    """Be as a process that has just started."""
    from eaglet.client.tokens.cache import tokens

    tokens._entries.clear()


def fork_and_call():
    """Whether a forked child, which shares nothing but what was there, gets its answer."""
    pid = os.fork()
    if pid == 0:
        status = 1
        signal.alarm(20)
        try:
            status = 0 if call() == "secret data" else 1
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1] == 0

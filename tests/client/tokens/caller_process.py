"""A process that calls services, driven from a test through a pipe."""

# ruff: noqa: PLC0415 - most of it needs settings, and those come from the test

import multiprocessing
import os
import secrets
import signal
import time

BASE = {
    "SECRET_KEY": "processes",
    "USE_TZ": True,
    "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    "ENABLE_API_AUTH": True,
    "APP_KEY": "hermes",
    "APP_SECRET": "s3cr3t-of-hermes",
}


class CallerProcess:
    """Another process; `process.call()` calls the function of that name below in it.

    `process.begin("call")` does not wait for it; `process.result()` does. It waits `patience`
    seconds for a token of another: on a machine under load what takes a moment takes seconds.
    """

    def __init__(self, *, clock_ahead=0, patience=30, **settings):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(settings, clock_ahead, patience, theirs), daemon=True
        )
        self._process.start()
        theirs.close()

    def begin(self, name, *args):
        self._pipe.send((name, args))

    def result(self, seconds=60):
        if not self._pipe.poll(seconds):
            raise TimeoutError("the process does not answer")
        result = self._pipe.recv()
        if isinstance(result, Exception):
            raise result
        return result

    def __getattr__(self, name):
        if name.startswith("_") or name not in globals():
            raise AttributeError(name)

        def ask(*args):
            self.begin(name, *args)
            return self.result()

        return ask

    def kill(self):
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join()

    def end(self):
        self._process.kill()
        self._process.join()


def _serve(given, clock_ahead, patience, pipe):
    if clock_ahead:
        _set_clock(clock_ahead)
    import django
    from django.conf import settings

    if any(entry["ENGINE"].endswith("mysql") for entry in given.get("DATABASES", {}).values()):
        import pymysql

        pymysql.install_as_MySQLdb()
    settings.configure(**{**BASE, **given})
    django.setup()
    from eaglet.client.tokens import cache

    cache.LEASE_WAIT_SECONDS = patience
    while True:
        try:
            name, args = pipe.recv()
        except EOFError:
            return
        try:
            result = globals()[name](*args)
        except Exception as error:  # noqa: BLE001
            result = RuntimeError(f"{type(error).__name__}: {error}")
        pipe.send(result)


def _set_clock(ahead):
    """Have this process see another time of day; the monotonic clock is no clock of the day."""
    from datetime import timedelta

    from django.utils import timezone

    now, right = time.time, timezone.now
    time.time = lambda: now() + ahead
    timezone.now = lambda: right() + timedelta(seconds=ahead)


# What a process can be asked to do

_blocks = []


def migrate(*args):
    from django.core.management import call_command

    call_command("migrate", "eaglet_auth", *args, verbosity=0, interactive=False)


def ready():
    """Have everything imported that a call needs."""
    from eaglet.client import Resource

    return Resource.__name__


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

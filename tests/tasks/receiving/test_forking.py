"""A worker's processes are forked beside a thread that writes to the ledger."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

BEGIN = """
import os, sys, tempfile, threading
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="forking",
    INSTALLED_APPS=["eaglet.tasks"],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(sys.argv[1], "database"),
        "OPTIONS": {"timeout": int(sys.argv[2]), "transaction_mode": "IMMEDIATE",
                    "init_command": "PRAGMA journal_mode=WAL"},
    }},
    USE_TZ=True,
)
django.setup()
from django.core.management import call_command
from django.db import connections, transaction
from eaglet.tasks.models import Process
from eaglet.tasks.receiving import redelivery, worker

call_command("migrate", verbosity=0)
connections.close_all()
"""
WRITING = """
begun = threading.Event()

def write(self):
    with transaction.atomic():
        Process.objects.filter(kind="nobody").delete()
        begun.set()
        threading.Event().wait(0.2)

redelivery.Redelivery.write = write
worker.start_redelivery()
begun.wait(20)
if child := os.fork():
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
try:
    Process.objects.filter(kind="nobody").delete()
except BaseException as error:
    print(error, flush=True)
    os._exit(1)
os._exit(0)
"""


LOCKED = """
import sqlite3
locked = sqlite3.connect(os.path.join(sys.argv[1], "database"), isolation_level=None)
tried = threading.Event()

class Tried(redelivery.Heartbeat):
    def beat(self, alias):
        tried.set()
        super().beat(alias)

redelivery.Heartbeat = Tried
locked.execute("BEGIN IMMEDIATE")
worker.start_redelivery()
tried.wait(20)
if child := os.fork():
    os.waitpid(child, 0)
else:
    os._exit(0)
assert locked.in_transaction
os._exit(0)
"""


def run(program, folder, sqlite_waits):
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + program, str(folder), str(sqlite_waits)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_a_process_that_is_forked_while_the_ledger_is_written_finds_sqlite_free(tmp_path):
    run(WRITING, tmp_path, 1)


def test_a_fork_does_not_wait_for_a_handler_that_has_sqlite_locked(tmp_path):
    run(LOCKED, tmp_path, 600)

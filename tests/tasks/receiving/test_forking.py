"""A worker's processes are forked beside a thread that writes to the ledger."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import os, sys, tempfile, threading
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="forking",
    INSTALLED_APPS=["eaglet.tasks"],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(sys.argv[1], "database"),
        "OPTIONS": {"timeout": 1, "transaction_mode": "IMMEDIATE",
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


def test_a_process_that_is_forked_while_the_ledger_is_written_finds_sqlite_free(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stderr

"""`manage.py migrate`, on the databases that a project's routers give the tables to."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import os, sys
import django
from django.conf import settings

class OutboxesOnly:
    def allow_migrate(self, db, app_label, model_name=None, **hints):
        return False if db == "second" and model_name == "receivedtask" else None

settings.configure(
    SECRET_KEY="migrating",
    INSTALLED_APPS=["eaglet.tasks"],
    DATABASES={
        name: {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(sys.argv[1], name)}
        for name in ("default", "second")
    },
    DATABASE_ROUTERS=[OutboxesOnly()],
    USE_TZ=True,
)
django.setup()
from django.core.management import call_command
for alias in ("default", "second"):
    call_command("migrate", database=alias, verbosity=0)
    call_command("migrate", "eaglet_tasks", "0002", database=alias, verbosity=0)
    call_command("migrate", database=alias, verbosity=0)
"""


def test_a_database_that_has_the_outbox_alone_is_migrated_and_back(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr

"""Servers that accept a connection and never answer do not keep /readyz."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.servers.fixtures import MISSING

pytestmark = pytest.mark.services

REPOSITORY = Path(__file__).parents[3]
PROGRAM = """
import sys, time
import django
from django.conf import settings
port = sys.argv[1]
database = {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": port,
            "NAME": "x"}
settings.configure(
    INSTALLED_APPS=["rest_framework", "eaglet.api", "eaglet.tasks"],
    ROOT_URLCONF="eaglet.api.urls", SECRET_KEY="x", ALLOWED_HOSTS=["*"],
    DATABASES={"default": database, "orders": database},
    CACHES={"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache",
                        "LOCATION": f"redis://127.0.0.1:{port}"}},
    CELERY_BROKER_URL=f"redis://127.0.0.1:{port}",
    EAGLET_READY_TIMEOUT_SECONDS=0.5, USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()
from django.test import Client
import threading
for _ in range(3):
    response = Client().get("/readyz")
print(response.status_code, threading.active_count())
print(response.content.decode())
"""


@pytest.mark.skipif(
    not os.environ.get("EAGLET_TEST_SERVICES"),
    reason=f"needs the drivers of PostgreSQL and Redis: {MISSING}",
)
def test_servers_that_never_answer_are_named_in_time():
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        finished = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(silent.getsockname()[1])],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            timeout=30,
        )
    counted, answer = finished.stdout.splitlines()
    names = ["broker", "cache", "database", "database orders", "migrations", "migrations orders"]
    assert json.loads(answer)["checks"] == dict.fromkeys(names, "failed")
    # One thread for each, however often one asks.
    assert counted == f"503 {1 + len(names)}", finished.stderr

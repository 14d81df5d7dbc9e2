"""What is documented to be installed is enough: each extra alone, and what a new service asks for.

One environment without the tools of the tests is kept, and has one of them at a time.
"""

import os
import re
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from tests.mongo.conftest import mongo_url
from tests.system.servers.ports import free_port

__all__ = ["mongo_url"]
pytestmark = [pytest.mark.services, pytest.mark.slow]

CHECKOUT = Path(__file__).parents[3]
BARE = CHECKOUT / ".tox/bare"
BIN = BARE / "bin"
PIP = (str(BIN / "python"), "-m", "pip", "--disable-pip-version-check")
WAIT_SECONDS = 60
PROJECT = {
    "settings.py": """
        import os
        SECRET_KEY, DEBUG, ROOT_URLCONF = "of-a-test", True, "shop.urls"
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}}
        INSTALLED_APPS = ["rest_framework", "eaglet.api", "eaglet.client", "eaglet.tasks", "shop"]
        if url := os.environ.get("REDIS"):
            CELERY_BROKER_URL = url
        if url := os.environ.get("MONGO"):
            INSTALLED_APPS.insert(0, "eaglet.mongo")
            DATABASES["documents"] = {"ENGINE": "mongo", "HOST": url, "NAME": "eaglet_extra"}
        """,
    "shop/__init__.py": "",
    "shop/urls.py": """
        from django.urls import include, path

        urlpatterns = [path("", include("eaglet.api.urls"))]
        """,
    "shop/resources.py": """
        from eaglet.api import ApiResource
        from eaglet.observability import tracing

        class APrice(ApiResource):
            app = "shop"
            resource = "price"

            def get(args):
                return tracing.current().headers()["traceparent"]
        """,
    "shop/tasks.py": """
        from pathlib import Path
        from eaglet.tasks import task

        @task("shop.sold")
        def sold(args):
            Path(args["file"]).write_text(args["article"])
        """,
}


def run(command, folder, **variables):
    finished = subprocess.run(
        command,
        cwd=folder,
        env=environ(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, f"{command}\n{finished.stdout}\n{finished.stderr}"
    return finished.stdout


def environ(**variables):
    outer = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO_", "EAGLET_", "PYT"))}
    return {**outer, "PYTHONUNBUFFERED": "1", **variables}


@contextmanager
def started(command, folder, **variables):
    """Run a command for the time of the block; gives the file with what it prints."""
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environ(**variables), stdout=output, stderr=output
        )
        try:
            yield log
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_for(result, log):
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := result()):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    return found


def is_ready(url):
    try:
        with urlopen(f"{url}/readyz", timeout=30) as answer:
            return answer.status == 200
    except OSError:  # it is just starting, or says that it is not
        return False


@pytest.fixture(autouse=True)
def _with_the_servers():
    if "EAGLET_TEST_SERVICES" not in os.environ:
        pytest.skip("installs packages, and most of them talk to a server: make test-services")


@pytest.fixture
def install():
    """Install requirements beside eaglet alone: what an earlier test has installed goes first."""
    made = [sys.executable, "scripts/make_environment.py", str(BARE), "--editable", "."]
    run(made, CHECKOUT)
    bare = BARE / "bare.txt"
    listed = set(run([*PIP, "list", "--format=freeze", "--exclude-editable"], CHECKOUT).split())
    if not bare.exists():
        bare.write_text("\n".join(listed))
    elif others := listed - set(bare.read_text().split()):
        run([*PIP, "uninstall", "--yes", *(each.split("==")[0] for each in others)], CHECKOUT)

    def install(*requirements):
        run([*PIP, "install", "--no-compile", *requirements], CHECKOUT)
        run([*PIP, "check"], CHECKOUT)

    return install


@pytest.fixture
def tried(install, tmp_path):
    """Run a program in a small project with one extra; what it prints."""
    for name, text in PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def tried(extra, code, **variables):
        install(f"eaglet[{extra}]")
        python = [str(BIN / "python"), "-m", "django"]
        variables |= {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(tmp_path)}
        run([*python, "migrate", "--verbosity=0"], tmp_path, **variables)
        return run([*python, "shell", "-c", code], tmp_path, **variables)

    return tried


def test_swagger_shows_its_page_and_files(tried):
    told = tried(
        "swagger",
        """
import re
from django.test import Client
page = Client().get("/openapi/").content.decode()
for path in re.findall(r'(?:src|href)="(/[^"]+)"', page):
    print(path, len(Client().get(path).getvalue()))
""",
    )
    assert re.search(r"swagger-ui-bundle\S* \d{6}", told)


def test_opentelemetry_gives_its_span_to_what_is_called(tried):
    told = tried(
        "opentelemetry",
        """
from django.test import Client
from opentelemetry import trace
context = trace.SpanContext(0xabc, 0xdef, is_remote=False)
with trace.use_span(trace.NonRecordingSpan(context)):
    print(Client().get("/shop/price/").content.decode())
""",
    )
    assert f"00-{0xABC:032x}-{0xDEF:016x}" in told


def test_redis_carries_a_task_to_a_worker(tried, tmp_path, redis_server):
    told = tried(
        "redis",
        """
from django.core.management import call_command
from eaglet.tasks import send_task
from eaglet.tasks.models import OutboxTask
send_task("shop.sold", {"file": "sold", "article": "锤子"})
call_command("relay_tasks", once=True)  # a busy machine may take too long at first
sent = OutboxTask.objects.get()
print(sent.state == OutboxTask.State.SENT, sent.last_error)
""",
        REDIS=redis_server.url,
    )
    assert told.strip().endswith("True"), told
    worker = [str(BIN / "celery"), "-A", "eaglet.tasks", "worker", "--pool=solo"]
    variables = {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(tmp_path)}
    with started(worker, tmp_path, REDIS=redis_server.url, **variables) as log:
        wait_for((tmp_path / "sold").exists, log)
    assert (tmp_path / "sold").read_text() == "锤子"


def test_mongo_keeps_a_document(tried, mongo_url):
    told = tried(
        "mongo",
        """
from django.db import connections
articles = connections["documents"].database.articles
articles.insert_one({"name": "锤子"})
print(articles.find_one({}, {"_id": 0}))
articles.drop()
""",
        MONGO=mongo_url,
    )
    assert "{'name': '锤子'}" in told


def test_a_generated_service_is_ready_on_postgresql_and_redis(
    install, tmp_path, postgresql, redis_server
):
    run([str(BIN / "geser"), "new", "shop_service"], tmp_path)
    service, name = tmp_path / "shop_service", "geser_requirements"
    required = (service / "requirements.txt").read_text().splitlines()
    install(*(line for line in required if line[0].isalpha() and "eaglet" not in line))
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    variables = {
        "DATABASE_URL": postgresql.url.rpartition("/")[0].replace("postgresql", "postgres", 1)
        + f"/{name}",
        "CELERY_BROKER_URL": redis_server.url,
        "REDIS_URL": redis_server.url,
    }
    run([str(BIN / "python"), "manage.py", "migrate", "--verbosity=0"], service, **variables)
    port = free_port()
    server = ["./serve", "--host", "127.0.0.1", "--port", str(port)]
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    with started(server, service, PATH=path, **variables) as log:
        wait_for(lambda: is_ready(f"http://127.0.0.1:{port}"), log)

r"""Try backends of Django's tasks, each in an environment of its own; write the table of the docs.

    python -m tests.system.servers --only rabbitmq,redis,postgresql -- \
        .venv/bin/python scripts/compare_task_backends.py [NAME …]

Needs Python 3.12 or later to be named by EAGLET_COMPARE_PYTHON, unless this is one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

CHECKOUT = Path(__file__).resolve().parents[1]
FOLDER = CHECKOUT / ".tox" / "task-backends"
DJANGO = "django>=6.1,<6.2"
PAGE = CHECKOUT / "docs" / "reference" / "task-backends.md"
BEGIN, END = "<!-- table -->", "<!-- end of the table -->"
RABBITMQ, REDIS, POSTGRESQL = (
    os.environ.get(f"EAGLET_TEST_{name}_URL", "") for name in ("RABBITMQ", "REDIS", "POSTGRESQL")
)
PROJECT: Final = """
from celery import Celery
app = Celery("project")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""
CELERY: Final = {
    "CELERY_BROKER_URL": RABBITMQ,
    "CELERY_RESULT_BACKEND": REDIS,
    "CELERY_RESULT_EXTENDED": True,
    "CELERY_TASK_ACKS_LATE": True,
    "CELERY_TASK_REJECT_ON_WORKER_LOST": True,
    "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
}
QUEUES: Final = "-Q celery,default,other --concurrency 1"


@dataclass(frozen=True)
class Backend:
    """A backend, and how its documentation has it run, one task at a time."""

    path: str
    requires: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    on_postgresql: bool = False
    seconds: float = 15


BACKENDS: Final = {
    "eaglet": Backend(
        "eaglet.tasks.backend.OutboxBackend",
        ("--editable", str(CHECKOUT), "redis"),
        ("eaglet.tasks",),
        (
            "python -m celery -A eaglet.tasks worker --concurrency 1",
            "python -m django relay_tasks",
        ),
        settings={
            "CELERY_BROKER_URL": RABBITMQ,
            "CELERY_TASK_QUEUE_MAX_PRIORITY": 9,  # which classic queues want
            "EAGLET_HANDLER_BACKOFF_SECONDS": 0.1,
        },
    ),
    "Immediate (Django)": Backend("django.tasks.backends.immediate.ImmediateBackend"),
    "Dummy (Django)": Backend("django.tasks.backends.dummy.DummyBackend", seconds=0.5),
    "django-tasks-db": Backend(
        "django_tasks_db.DatabaseBackend",
        ("django-tasks-db",),
        ("django_tasks_db",),
        ("python -m django db_worker --interval 0.1 --queue-name '*'",),
    ),
    "django-tasks-rq": Backend(
        "django_tasks_rq.RQBackend",
        ("django-tasks-rq",),
        ("django_rq", "django_tasks_rq"),
        (
            "python -m django rqworker default other --job-class django_tasks_rq.Job "
            "--with-scheduler",
        ),
        settings={"RQ_QUEUES": {name: {"URL": REDIS} for name in ("default", "other")}},
    ),
    "django-tasks-celery": Backend(
        "django_tasks_celery.CeleryBackend",
        ("django-tasks-celery[celery]", "redis"),
        ("project",),
        (f"python -m celery -A project worker {QUEUES}",),
        settings=CELERY,
    ),
    "django-tasks-fennel": Backend(
        "django_tasks_fennel.CeleryBackend",
        ("django-tasks-fennel", "redis"),
        ("django_tasks_fennel",),
        (f"python -m celery -A django_tasks_fennel.app worker {QUEUES}",),
        settings=CELERY,
    ),
    "django-vtasks": Backend(
        "django_vtasks.backends.db.DatabaseTaskBackend",
        ("django-vtasks",),
        ("django_vtasks", "django_vtasks.db"),
        ("python -m django runworker --concurrency 1",),
        settings={"VTASKS_QUEUES": ["default", "other"]},
    ),
    "threadmill": Backend(
        "threadmill.backends.redis.RedisTaskBackend",
        ("threadmill[redis]",),
        ("threadmill",),
        ("python -m django threadmill worker --queues default other --workers 1 --threads 1",),
        params={"REDIS_URL": REDIS, "OPTIONS": {"url": REDIS}},
    ),
    "django-tasks-redis": Backend(
        "django_tasks_redis.RedisTaskBackend",
        ("django-tasks-redis",),
        ("django_tasks_redis",),
        ("python -m django run_redis_tasks --continuous --interval 0.1",),
        params={"OPTIONS": {"REDIS_URL": REDIS}},
    ),
    "django-tasks-local": Backend(
        "django_tasks_local.ThreadPoolBackend", ("django-tasks-local",), params={"OPTIONS": {}}
    ),
    "steady-queue": Backend(
        "steady_queue.backend.SteadyQueueBackend",
        ("steady-queue",),
        ("steady_queue",),
        ("python -m django steady_queue",),
    ),
    "django-task-psql": Backend(
        "django_task_psql.backend.PostgresBackend",
        ("django-task-psql", "psycopg[binary,pool]"),
        ("django_task_psql",),
        ("python -m django runworker --queues default other",),
        on_postgresql=True,
    ),
    "django-absurd": Backend(
        "django_absurd.backends.AbsurdBackend",
        ("django-absurd", "psycopg[binary]"),
        ("django_absurd",),
        ("python -m django absurd_worker --queue default --queue other --concurrency 1",),
        on_postgresql=True,
    ),
}


def main() -> int:
    """Try those named, or all; write the table from what is known of each."""
    python = os.environ.get("EAGLET_COMPARE_PYTHON", sys.executable)
    (FOLDER / "project").mkdir(parents=True, exist_ok=True)
    (FOLDER / "project" / "__init__.py").write_text(PROJECT)
    for name in sys.argv[1:] or BACKENDS:
        _try(name, BACKENDS[name], python)
    _write(PAGE)
    return 0


def _try(name: str, backend: Backend, python: str) -> None:
    folder = FOLDER / name.split()[0]
    if not folder.exists():
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command = str(folder / "bin" / "python")
    subprocess.run([command, *install, DJANGO, "kombu", *backend.requires], check=True)
    database = _database(POSTGRESQL, f"tasks_{len(name)}") if backend.on_postgresql else None
    with tempfile.TemporaryDirectory(prefix="task-backend-") as run:
        outcome = tried(command, backend, Path(run), database)
    (folder / "outcome.json").write_text(json.dumps(outcome))
    version = subprocess.run(
        [command, "-c", "import sys; from importlib.metadata import version; "
         "print(version(sys.argv[1]))", backend.requires[0].split("[")[0] if backend.requires
         and not backend.requires[0].startswith("-") else "django"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    (folder / "version").write_text(version)


def tried(
    python: str, backend: Backend, folder: Path, database: dict[str, Any] | None = None
) -> dict[str, dict[str, str]]:
    """Return what each case came to, in a project in this folder, with the backend's workers.

    Each worker is started again when it ends, as a supervisor does.
    """
    tasks = {"BACKEND": backend.path, "QUEUES": ["default", "other"], **backend.params}
    settings = {
        "DATABASES": {"default": database or {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(folder / "database.sqlite3"),
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE",
                        "init_command": "PRAGMA journal_mode=WAL"},
        }},
        "INSTALLED_APPS": [*backend.apps, "eaglet.tasks.conformance"],
        "CONFORMANCE_MARKS": str(folder / "marks"),
        "EAGLET_QUEUE_DIR": str(folder / "queues"),
        "SECRET_KEY": "conformance",
        "TASKS": {"default": tasks},
        "USE_TZ": True,
        **backend.settings,
    }  # fmt: skip
    (folder / "conformance_settings.py").write_text(
        "".join(f"{name} = {value!r}\n" for name, value in settings.items())
    )
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "conformance_settings",
        "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(map(str, (folder, CHECKOUT, FOLDER))),
    }
    manage = [python, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"]
    subprocess.run(manage, env=env, check=True)
    with (folder / "log").open("w") as log:
        workers = [
            subprocess.Popen(
                ["/bin/sh", "-c", f"while :; do {command}; done"],
                env=env, stdout=log, stderr=log, start_new_session=True,
            )
            for command in backend.run
        ]  # fmt: skip
        try:
            suite = [python, "-m", "eaglet.tasks.conformance", str(backend.seconds)]
            ended = subprocess.run(suite, env=env, stdout=subprocess.PIPE, text=True, check=False)
        finally:
            for worker in workers:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
    outcome: dict[str, dict[str, str]] = json.loads(ended.stdout)
    return outcome


def _database(url: str, name: str) -> dict[str, Any]:
    import psycopg  # noqa: PLC0415 - not needed for most

    sys.path.insert(0, str(CHECKOUT))
    from tests.system.servers.database_urls import database  # noqa: PLC0415

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(psycopg.sql.SQL("DROP DATABASE IF EXISTS {0}").format(
            psycopg.sql.Identifier(name)))  # fmt: skip
        connection.execute(psycopg.sql.SQL("CREATE DATABASE {0}").format(
            psycopg.sql.Identifier(name)))  # fmt: skip
    return {**database(url), "NAME": name}


def _write(page: Path) -> None:
    known = {
        name: (json.loads(path.read_text()), path.with_name("version").read_text())
        for name in BACKENDS
        if (path := FOLDER / name.split()[0] / "outcome.json").exists()
    }
    groups = list(next(iter(known.values()))[0]) if known else []
    lines = [f"| | {' | '.join(groups)} |", f"|---|{'---|' * len(groups)}"]
    failed = ["What each of them fails:", ""]
    for name, (outcome, version) in known.items():
        told = name if name == "eaglet" else f"{name} {version}"
        lines.append(f"| {told} | {' | '.join(_cell(outcome[group]) for group in groups)} |")
        failed.append(f"- **{told}**: {_failures(outcome) or 'nothing'}.")
    text = page.read_text() if page.exists() else f"{BEGIN}{END}"
    before, _, rest = text.partition(BEGIN)
    table = "\n".join([*lines, "", *failed])
    page.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}")


def _failures(outcome: dict[str, dict[str, str]]) -> str:
    by_group = {
        group: ", ".join(name for name, why in cases.items() if why.startswith("failed"))
        for group, cases in outcome.items()
    }
    return "; ".join(f"*{group}* {names}" for group, names in by_group.items() if names)


def _cell(cases: dict[str, str]) -> str:
    failed = sum(why.startswith("failed") for why in cases.values())
    missing = sum(why == "unsupported" for why in cases.values())
    passed = len(cases) - failed - missing
    told = f"{passed}" if passed == len(cases) else f"{passed} of {len(cases)}"
    return f"{told}{f', {missing} –' if missing else ''}" if passed else ("–" if missing else "0")


if __name__ == "__main__":
    sys.exit(main())

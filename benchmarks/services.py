"""Django set up for one contestant: a database, perhaps a shared cache, and no more."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from typing import Any
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings

ENGINES = {"postgresql": "django.db.backends.postgresql", "mysql": "django.db.backends.mysql"}


def database(url: str) -> dict[str, Any]:
    """The entry of DATABASES for `sqlite:PATH`, or the URL of a server."""
    if url.startswith("sqlite:"):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": url.removeprefix("sqlite:"),
            "CONN_MAX_AGE": None,
            # What Django's documentation advises where several processes write.
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=wal; PRAGMA synchronous=normal;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme == "mysql":
        import pymysql

        pymysql.install_as_MySQLdb()
    return {
        "ENGINE": ENGINES[parts.scheme],
        "NAME": parts.path.removeprefix("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
    }


def set_up(url: str, *, apps: Sequence[str] = (), **more: Any) -> None:
    """Configure Django with eaglet's apps, and perhaps others, over one database."""
    settings.configure(
        SECRET_KEY="benchmark",
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": database(url)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "rest_framework",
            "eaglet.api",
            "eaglet.auth",
            "eaglet.tasks",
            *apps,
        ],
        MIDDLEWARE=[],
        USE_TZ=True,
        **{"EAGLET_METRICS": False, **more},
    )
    django.setup()


def broker_urls() -> dict[str, str]:
    """The brokers that services were started for."""
    urls = {}
    for name in ("rabbitmq", "redis"):
        if url := os.environ.get(f"EAGLET_TEST_{name.upper()}_URL"):
            urls[name] = url
    return urls


def migrate() -> None:
    """Make the tables."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def database_urls(folder: str) -> dict[str, str]:
    """The databases there are: SQLite in a folder, and those that services were started for."""
    urls = {"sqlite": f"sqlite:{folder}/benchmark.sqlite3"}
    for name in ("postgresql", "mariadb"):
        if url := os.environ.get(f"EAGLET_TEST_{name.upper()}_URL"):
            urls[name] = url
    return urls


def each_in_a_process(
    measure: Callable[[str, str, int], None], urls: Mapping[str, str], rounds: int
) -> None:
    """Measure with one server after the other; Django can be set up once in a process."""
    for name, url in urls.items():
        process = get_context("spawn").Process(target=measure, args=(name, url, rounds))
        process.start()
        process.join()
        if process.exitcode:
            sys.exit(process.exitcode)

"""Translate entries of DATABASES with ENGINE "mongo" for Django and the driver."""

import difflib
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS

from eaglet.conf import Settings, conf
from eaglet.conf.validation import fault_of
from eaglet.mongo.engine.errors import entry_fault
from eaglet.mongo.uri import check_with_driver, read_address

Entry = dict[str, Any]

ENGINE: Final = "eaglet.mongo.engine"
SHORT_ENGINE: Final = "mongo"
KEYS: Final = (
    "ALIAS", "ATOMIC_REQUESTS", "AUTOCOMMIT", "CONN_HEALTH_CHECKS", "CONN_MAX_AGE", "ENGINE",
    "HOST", "NAME", "OPTIONS", "PASSWORD", "PORT", "TEST", "TIME_ZONE", "USER",
)  # fmt: skip


def is_mongodb(entry: Mapping[str, Any]) -> bool:
    """Tell whether a translated entry is MongoDB, by this app's engine or the backend's own."""
    return entry.get("ENGINE") in (ENGINE, "django_mongodb_backend")


def translate(databases: MutableMapping[str, Any]) -> None:
    """Translate the MongoDB entries in place, and give those with ALIAS that name alone.

    Raises ImproperlyConfigured, which names the entry, the key and what is allowed, and leaves
    `databases` as it was. What has been translated already is left alone.
    """
    for name, entry in databases.items():
        if isinstance(entry, Mapping) and str(entry.get("ENGINE")).partition(".")[0] == "djongo":
            raise entry_fault(
                name,
                "ENGINE",
                "is 'djongo', which no supported Django can install: its newest release needs "
                "Django 3.1. Write 'mongo' instead (pip install 'eaglet[mongo]'), and see the "
                "how-to on MongoDB for moving the models",
            )
    ours = {
        name: entry
        for name, entry in databases.items()
        if isinstance(entry, Mapping) and entry.get("ENGINE") == SHORT_ENGINE
    }
    made: dict[str, Entry] = {}
    came_from: dict[str, str] = {}
    for name, entry in ours.items():
        alias = _alias(name, entry)
        if alias in came_from:
            raise entry_fault(
                name, "ALIAS", f"is {alias!r}, which the entry {came_from[alias]!r} has already"
            )
        if alias != name and alias in databases and alias not in ours:
            raise entry_fault(name, "ALIAS", f"is {alias!r}, which is the name of another entry")
        if alias == DEFAULT_DB_ALIAS:
            raise entry_fault(
                name,
                "ALIAS" if alias != name else "ENGINE",
                "would make 'default' MongoDB; it must be an SQL database, where users, sessions, "
                "tokens and tasks are kept. Use an alias of its own and EAGLET_MONGO_APPS",
            )
        made[alias] = _translated(name, entry)
        came_from[alias] = name
    if ours and DEFAULT_DB_ALIAS not in databases:
        raise ImproperlyConfigured(
            "DATABASES has MongoDB entries and no 'default'; it must be an SQL database, like "
            "{'ENGINE': 'django.db.backends.sqlite3', 'NAME': …}."
        )
    for name in ours:
        del databases[name]
    databases.update(made)


def _alias(name: str, entry: Mapping[str, Any]) -> str:
    alias = entry.get("ALIAS", name)
    if not isinstance(alias, str) or not alias.strip():
        raise entry_fault(name, "ALIAS", "must be a str that is not empty, or be left out")
    return alias


def _translated(name: str, entry: Mapping[str, Any]) -> Entry:
    for key in entry:
        if key not in KEYS:
            near = difflib.get_close_matches(str(key).upper(), KEYS, 1)
            meant = f", perhaps {near[0]!r}" if near else ""
            raise entry_fault(name, key, f"is unknown{meant}; allowed: {', '.join(KEYS)}")
    if entry.get("ATOMIC_REQUESTS"):
        raise entry_fault(
            name, "ATOMIC_REQUESTS", "must be False: transaction.atomic does nothing on MongoDB"
        )
    address = read_address(name, entry.get("HOST"))
    options = entry.get("OPTIONS") or {}
    if not isinstance(options, Mapping):
        raise entry_fault(name, "OPTIONS", f"must be a dict; not a {type(options).__name__}")
    database = entry.get("NAME") or address.database
    user = entry.get("USER") or address.user
    password = entry.get("PASSWORD") or address.password
    if not database:
        raise entry_fault(name, "NAME", "must name the database, or HOST be a URL that does")
    if password and not user:
        raise entry_fault(name, "USER", "is missing, and PASSWORD is given")
    port = _port(name, entry)
    given = {"host": address.host, "port": port, "username": user, "password": password}
    known = {key: value for key, value in given.items() if value}
    check_with_driver(name, database, {**known, **options})
    return {
        **{key: entry[key] for key in KEYS if key in entry and key != "ALIAS"},
        "ENGINE": ENGINE,
        "HOST": address.host,
        "NAME": database,
        "PORT": port,
        "USER": user,
        "PASSWORD": password,
        "OPTIONS": {**_bounds({*map(str.lower, options), *address.options}), **options},
    }


def _port(name: str, entry: Mapping[str, Any]) -> int | str:
    port = entry.get("PORT")
    if port is None or port == "":
        return ""
    if str(entry.get("HOST")).startswith("mongodb+srv://"):
        raise entry_fault(
            name, "PORT", "must be left out: a mongodb+srv:// URL finds the ports itself"
        )
    if not str(port).isdecimal() or not 0 < int(port) < 65536:
        raise entry_fault(name, "PORT", f"is {port!r}; allowed: a number from 1 to 65535")
    return int(port)


def _bounds(given: set[str]) -> Entry:
    """Return timeouts in milliseconds for those that the entry leaves to the driver.

    Raises ImproperlyConfigured for a setting that is no time, as checks run too late for that.
    """
    for setting in (
        Settings.EAGLET_MONGO_TIMEOUT_SECONDS,
        Settings.EAGLET_MONGO_OPERATION_TIMEOUT_SECONDS,
    ):
        if fault := fault_of(setting, getattr(conf, setting.name)):
            raise ImproperlyConfigured(fault)
    away = int(conf.EAGLET_MONGO_TIMEOUT_SECONDS * 1000)
    bounds = {
        "serverSelectionTimeoutMS": away,
        "connectTimeoutMS": away,
        # Not timeoutMS: where that is set the driver looks for a server as long as that.
        "socketTimeoutMS": int(conf.EAGLET_MONGO_OPERATION_TIMEOUT_SECONDS * 1000),
    }
    return {key: value for key, value in bounds.items() if key.lower() not in given}

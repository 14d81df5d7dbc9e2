"""Read EAGLET_MONGO_APPS: which apps live in which MongoDB entry."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from eaglet.conf import Settings, conf
from eaglet.conf.validation import fault_of
from eaglet.mongo.databases import is_mongodb


def alias_by_label() -> dict[str, str]:
    """Return the alias of every app label named in EAGLET_MONGO_APPS."""
    return {label: alias for alias, labels in conf.EAGLET_MONGO_APPS.items() for label in labels}


def validate(databases: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ImproperlyConfigured if EAGLET_MONGO_APPS is malformed or names no MongoDB entry."""
    assigned = conf.EAGLET_MONGO_APPS
    if fault := fault_of(Settings.EAGLET_MONGO_APPS, assigned):
        raise ImproperlyConfigured(f"{fault} Write it like {{'apps': ['catalog']}}.")
    known = sorted(alias for alias, entry in databases.items() if is_mongodb(entry))
    seen: dict[str, str] = {}
    for alias, labels in assigned.items():
        if alias not in known:
            raise ImproperlyConfigured(
                f"EAGLET_MONGO_APPS names the alias {alias!r}, which is no MongoDB entry of "
                f"DATABASES; allowed: {', '.join(known) or 'none, as there is no such entry'}. "
                "An entry with ALIAS is known by that alone."
            )
        for label in labels:
            if label in seen:
                raise ImproperlyConfigured(
                    f"EAGLET_MONGO_APPS names the app {label!r} twice, under {seen[label]!r} "
                    f"and {alias!r}; an app lives under one alias."
                )
            seen[label] = alias

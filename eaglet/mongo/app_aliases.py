"""Read EAGLET_MONGO_APPS: which apps live in which MongoDB entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from eaglet.conf import conf
from eaglet.mongo.databases import is_mongodb


def alias_by_label() -> dict[str, str]:
    """Return the alias of every app label named in EAGLET_MONGO_APPS."""
    return {label: alias for alias, labels in conf.EAGLET_MONGO_APPS.items() for label in labels}


def validate(databases: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ImproperlyConfigured if EAGLET_MONGO_APPS is malformed or names no MongoDB entry."""
    assigned: Any = conf.EAGLET_MONGO_APPS
    if not isinstance(assigned, Mapping):
        raise ImproperlyConfigured(
            "EAGLET_MONGO_APPS is a dict of lists of app labels by alias, like "
            f"{{'apps': ['catalog']}}; not a {type(assigned).__name__}."
        )
    known = sorted(alias for alias, entry in databases.items() if is_mongodb(entry))
    seen: dict[str, str] = {}
    for alias, labels in assigned.items():
        if alias not in known:
            raise ImproperlyConfigured(
                f"EAGLET_MONGO_APPS names the alias {alias!r}, which is no MongoDB entry of "
                f"DATABASES; allowed: {', '.join(known) or 'none, as there is no such entry'}. "
                "An entry with ALIAS is known by that alone."
            )
        if not isinstance(labels, list | tuple | set | frozenset) or not all(
            isinstance(label, str) for label in labels
        ):
            raise ImproperlyConfigured(
                f"EAGLET_MONGO_APPS[{alias!r}] must be a list of app labels, like ['catalog']."
            )
        for label in labels:
            if label in seen:
                raise ImproperlyConfigured(
                    f"EAGLET_MONGO_APPS names the app {label!r} twice, under {seen[label]!r} "
                    f"and {alias!r}; an app lives under one alias."
                )
            seen[label] = alias

"""Which store the client's tokens are shared through, by EAGLET_CLIENT_TOKEN_STORE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.core.cache import InvalidCacheBackendError
from django.core.checks import CheckMessage, Error

from eaglet.conf import Settings, conf
from eaglet.conf.validation import is_sound
from eaglet.shared_cache import shared_cache
from eaglet.shared_token_store import SharedCacheTokenStore
from eaglet.token_store import TokenStore, shared_store

CHOICES: Final = ("database", "cache", "memory")

_cache_store: Final = SharedCacheTokenStore()


def chosen_store() -> TokenStore | None:
    """The store to share tokens through, or None: each process keeps its own.

    Unless the setting says otherwise, the one an app has registered, which is the database with
    eaglet.auth; else the cache, if it is one that processes share.
    """
    choice = conf.EAGLET_CLIENT_TOKEN_STORE
    if choice == "memory":
        return None
    registered = shared_store()
    if choice == "database" or (choice is None and registered is not None):
        return registered
    try:
        return _cache_store if shared_cache() is not None else None
    except InvalidCacheBackendError:  # a check says so
        return None


def check_token_store(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Find a store that tokens can't be kept in."""
    return list(_faults())


def _faults() -> Iterator[CheckMessage]:
    choice = conf.EAGLET_CLIENT_TOKEN_STORE
    if not is_sound(Settings.EAGLET_CLIENT_TOKEN_STORE):
        return
    if choice is not None and choice not in CHOICES:
        yield Error(
            f"EAGLET_CLIENT_TOKEN_STORE is {choice!r}.",
            hint=f"Make it one of {', '.join(map(repr, CHOICES))}, or None for what there is.",
            id="eaglet_client.E020",
        )
    elif choice == "database" and shared_store() is None:
        yield Error(
            "EAGLET_CLIENT_TOKEN_STORE is 'database', but no app keeps tokens there.",
            hint="Add 'eaglet.auth' to INSTALLED_APPS.",
            id="eaglet_client.E021",
        )
    elif choice == "cache" or (choice is None and shared_store() is None):
        yield from _cache_faults(is_needed=choice == "cache")


def _cache_faults(*, is_needed: bool) -> Iterator[CheckMessage]:
    if not is_sound(Settings.EAGLET_TOKEN_CACHE_ALIAS):
        return
    try:
        if shared_cache() is not None or not is_needed:
            return
        fault = "EAGLET_CLIENT_TOKEN_STORE is 'cache', but processes do not share the one there is"
    except InvalidCacheBackendError as error:
        fault = str(error)
    yield Error(
        f"EAGLET_TOKEN_CACHE_ALIAS: {fault}",
        hint="Name one of CACHES that is Redis' or Memcached's; None for none.",
        id="eaglet_client.E022",
    )

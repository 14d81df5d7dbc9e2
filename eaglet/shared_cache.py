"""The cache that this service's processes share, where there is one."""

from __future__ import annotations

from typing import Final

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache

from eaglet.conf import conf

# A process's own, a host's own, and the database, which might as well be asked itself.
_NOT_SHARED: Final = (LocMemCache, DummyCache, FileBasedCache, DatabaseCache)


def shared_cache() -> BaseCache | None:
    """The cache EAGLET_TOKEN_CACHE_ALIAS, or None if it is none that processes share.

    Raises InvalidCacheBackendError for an alias there is not.
    """
    alias = conf.EAGLET_TOKEN_CACHE_ALIAS
    if alias is None:
        return None
    cache = caches[alias]
    return None if isinstance(cache, _NOT_SHARED) else cache

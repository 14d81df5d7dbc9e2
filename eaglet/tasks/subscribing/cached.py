"""Keep what a function returned until an event says that it may have changed."""

from __future__ import annotations

import functools
import inspect
import json
import uuid
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.exceptions import ImproperlyConfigured

from eaglet.contracts.topics import WILDCARDS
from eaglet.tasks.database import digest_of
from eaglet.tasks.receiving.decorator import check_plain, declaration_of
from eaglet.tasks.sending.arguments import check_event_name, to_json
from eaglet.tasks.subscribing.events import on_event, queue_of

P = ParamSpec("P")
R = TypeVar("R")

_PURPOSE: Final = "cache"
_NONE: Final = object()
# By queue: the caches, and the keys in its events, that what it drops is kept under.
_kept: Final[dict[str, set[tuple[str, str]]]] = {}


def cached_until(
    event: str, *, key: str = "", timeout: float | None = DEFAULT_TIMEOUT, cache: str = "default"
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep a function's results in Django's cache until an event of their key arrives.

        @cached_until("points.changed", key="member_id")
        def points_of(member_id): ...

    Its arguments must be such that JSON has them; its results, what the cache takes. A result that
    was begun before the event is not kept beyond it, so an event may come late, or again. All
    functions that wait for the same events share one subscription, `{service}.{event}:cache`, so
    a worker must import them, and the cache be one that all processes of the service share.

    Args:
        event: its name, or a pattern.
        key: a parameter of the function and of the event's payload: the event drops the results
            for its value of it. By default, and where the payload has none, those for all.
        timeout: for how many seconds a result is kept at most, as the cache has it.
        cache: which of CACHES.

    Raises InvalidTask for what is no event's name, and ImproperlyConfigured for a key that is no
    parameter, and for a function that is async or a generator.
    """
    check_event_name(event, WILDCARDS)
    queue = queue_of(event, _PURPOSE)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        check_plain(function)
        signature = inspect.signature(function)
        if key and key not in signature.parameters:
            raise ImproperlyConfigured(f"{function.__qualname__} has no parameter {key!r}")
        _kept.setdefault(queue, set()).add((cache, key))
        if declaration_of(queue) is None:

            @on_event(event, purpose=_PURPOSE)
            def drop_cached(args: Any) -> None:
                drop(queue, args)

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            kept = caches[cache]
            text = to_json(bound.arguments)
            # Read before the function is called: what it has seen by then is of this generation.
            names = _generations(queue, key, json.loads(text).get(key))
            found = kept.get_many(names)
            for name in names:
                if name not in found:
                    found[name] = kept.get_or_set(name, uuid.uuid4().hex, timeout)
            seen = [found[name] for name in names]
            path = f"{function.__module__}.{function.__qualname__}"
            place = f"eaglet:{digest_of(path, text, *seen)}"
            result = kept.get(place, _NONE)
            if result is _NONE:
                result = function(*args, **kwargs)
                kept.set(place, result, timeout)
            return result  # type: ignore[no-any-return]

        return call

    return decorate


def drop(queue: str, args: Any) -> None:
    """Drop what is kept until such an event: by forgetting the generation that it is of."""
    for cache, key in _kept.get(queue, ()):
        value = args.get(key, _NONE) if key and isinstance(args, dict) else _NONE
        everything, *one = _generations(queue, key, value)
        caches[cache].delete(everything if value is _NONE else one[0])


def _generations(queue: str, key: str, value: Any) -> list[str]:
    """Return the names of the generation of all results for a key, and of that for one value."""
    # A number may come as text in an event, or in a call, or as 7.0.
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    values = ([], [text]) if key else ([],)
    return [f"eaglet:{digest_of(queue, key, *some)}" for some in values]

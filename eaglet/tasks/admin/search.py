"""Find tasks by what an operator knows of them: by an index, else among the newest."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from django.db.models import Q, QuerySet

from eaglet.observability.redaction import is_secret_name

NEWEST: Final = 20_000
"""Tasks that are looked through, of those that the filters leave."""
_MOST_FOUND: Final = 1_000
_TRACE: Final = re.compile(r"[0-9a-f]{32}")
_ARGUMENT: Final = re.compile(r"(\w+)\s*[=:]\s*(.+)")


def find(
    tasks: QuerySet[Any], term: str, cause: str, text: str, arguments_of: Callable[[Any], Any]
) -> QuerySet[Any]:
    """Return those of a task id, a trace id or a cause; else those newest ones that tell of it.

    Args:
        tasks: those that the filters leave.
        term: what was asked for; of the newest also a queue, a request id, a part of a cause, or an
            argument: `name=value`, or a value.
        cause: the column that has the reason of a failure.
        text: the column that has the arguments in it.
        arguments_of: the arguments of a task. Raises ValueError, TypeError or KeyError.
    """
    known = [Q(task_id=term), Q(**{cause: term})]
    if _TRACE.fullmatch(term):
        # Whatever the collation, digits stand before letters.
        known += [Q(traceparent__gte=f"00-{term}-0", traceparent__lt=f"00-{term}-g")]
    found: list[Any] = []
    for one in known:  # each by its own index
        found += tasks.order_by().filter(one).values_list("pk", flat=True)[:_MOST_FOUND]
    if not found:
        newest = tasks.order_by("-pk").values_list("pk", flat=True)
        first = newest[NEWEST : NEWEST + 1]
        several = tasks.order_by("-pk").filter(pk__gt=next(iter(first), 0))
        found = list(islice(_telling(several, term, cause, text, arguments_of), _MOST_FOUND))
    return tasks.filter(pk__in=found)


def _telling(
    tasks: QuerySet[Any], term: str, cause: str, text: str, arguments_of: Callable[[Any], Any]
) -> Iterator[Any]:
    named = _ARGUMENT.fullmatch(term)
    name, value = named.groups() if named else ("", term)
    value = value.strip("\"'")
    # As it stands in a column that has JSON, or JSON in JSON.
    once = json.dumps(value)[1:-1]
    like = Q()
    for one in {once, json.dumps(once)[1:-1]}:
        like |= Q(**{f"{text}__contains": one})
    like &= Q(**{f"{text}__contains": name})
    told = Q(queue_name=term) | Q(request_id=term) | Q(**{f"{cause}__icontains": term})
    for task in tasks.filter(told | like).only("queue_name", "request_id", cause, text):
        is_told = term in (task.queue_name, task.request_id)
        if is_told or term.lower() in getattr(task, cause).lower():
            yield task.pk
            continue
        try:
            arguments = arguments_of(task)
        except (ValueError, TypeError, KeyError):
            continue
        # A secret can't be guessed at by searching.
        named_ones = [one for one in _named(arguments) if not is_secret_name(one[0])]
        if any((not name or key == name) and one == value for key, one in named_ones):
            yield task.pk


def _named(arguments: Any) -> Iterator[tuple[str, str]]:
    """Give the arguments with their names, as texts: those of eaglet's tasks, or of any."""
    for one in arguments if isinstance(arguments, list) else [arguments]:
        if isinstance(one, dict):
            for name, value in one.items():
                yield name, value if isinstance(value, str) else json.dumps(value)
        elif isinstance(one, list):
            yield from _named(one)
        else:
            yield "", one if isinstance(one, str) else json.dumps(one)

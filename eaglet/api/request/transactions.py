"""The transactions of ATOMIC_REQUESTS, which eaglet's views open by themselves or not at all.

Django opens them around a view, so that what goes wrong at the beginning or the commit is past
the view, and is answered with Django's page.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from django.db import connections, transaction

V = TypeVar("V", bound=Callable[..., Any])


class _Aliases(set[str]):
    """To Django the aliases of all databases; to eaglet those that a project has added."""

    def __contains__(self, alias: object) -> bool:
        return True


def machine_view(view: V) -> V:
    """Exempt a view from CsrfViewMiddleware, LoginRequiredMiddleware and ATOMIC_REQUESTS."""
    view.csrf_exempt = True  # type: ignore[attr-defined]
    view.login_required = False  # type: ignore[attr-defined]
    view._non_atomic_requests = _Aliases(  # type: ignore[attr-defined]
        getattr(view, "_non_atomic_requests", ())
    )
    return view


def atomic_aliases() -> tuple[str, ...]:
    """Return the aliases of the databases that ATOMIC_REQUESTS is on for."""
    return tuple(alias for alias in connections if connections.settings[alias]["ATOMIC_REQUESTS"])


@contextmanager
def in_transactions(aliases: Iterable[str], view: Callable[..., Any]) -> Iterator[list[str]]:
    """Open a transaction on each database, but for those that `non_atomic_requests` excepts.

    Gives the aliases of those that were opened. What is raised rolls all of them back.
    """
    excepted = list(getattr(view, "_non_atomic_requests", ()))
    opened = [alias for alias in aliases if alias not in excepted]
    with ExitStack() as stack:
        for alias in opened:
            stack.enter_context(transaction.atomic(using=alias))
        yield opened

"""Context providers: what a service puts into the args of every request.

A provider is `provider(request) -> dict` with `provider.provides = ("corp",)`. A caller can't
forge the names it provides: they are taken out of the parameters first.
"""

from collections.abc import Mapping
from typing import Any, Protocol, cast

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from rest_framework.request import Request

from eaglet.api.request.args import Args
from eaglet.conf import conf


class ContextProvider(Protocol):
    """A function that makes values for `args`, and says under which names.

    It may refuse the call by raising ApiError or a Django REST framework exception.
    """

    provides: tuple[str, ...]

    def __call__(self, request: Request) -> Mapping[str, Any]:
        """Return the values for one request; `request.params` and `request.auth` are there."""


def load_providers() -> tuple[ContextProvider, ...]:
    """Import what EAGLET_CONTEXT_PROVIDERS names; ImproperlyConfigured says what is wrong."""
    return tuple(_load(path) for path in conf.EAGLET_CONTEXT_PROVIDERS)


def _load(path: str) -> ContextProvider:
    try:
        provider = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(f"EAGLET_CONTEXT_PROVIDERS: {path!r}: {error}") from error
    provides = getattr(provider, "provides", None)
    if (
        not callable(provider)
        or isinstance(provides, str)
        or not isinstance(provides, tuple | list | set | frozenset)
    ):
        raise ImproperlyConfigured(
            f"EAGLET_CONTEXT_PROVIDERS: {path!r} must be a function with "
            '`provides = ("name", …)`, the names of the values it returns'
        )
    return cast(ContextProvider, provider)


def add_context(providers: tuple[ContextProvider, ...], args: Args) -> None:
    """Remove the provided names from the parameters, and put the providers' values in.

    Raises what a provider raises, and ImproperlyConfigured if it returns a name it does not
    provide: a caller could set that one.
    """
    for provider in providers:
        for name in provider.provides:
            args.pop(name, None)
    request = args.request
    request.params = dict(args)  # type: ignore[attr-defined]
    values: dict[str, Any] = {}
    for provider in providers:
        provided = provider(request)
        undeclared = set(provided) - set(provider.provides)
        if undeclared:
            raise ImproperlyConfigured(
                f"a context provider returned {', '.join(sorted(undeclared))}, "
                "which its `provides` does not name"
            )
        values.update(provided)
    args.update(values)


def wapi_id(request: Request) -> Mapping[str, Any]:
    """Provide the `wapi_id` of the original's args: path without trailing slash, `_`, verb."""
    return {"wapi_id": f"{request.path.rstrip('/')}_{request.method}"}


wapi_id.provides = ("wapi_id",)  # type: ignore[attr-defined]

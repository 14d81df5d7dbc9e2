"""Resources: what a service answers.

The names are imported when first asked for: `param_required` must not pull in Django REST
framework, and a resource must not be touched before the app registry is ready.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eaglet.api.authorization import access_token_required as access_token_required
    from eaglet.api.resource import ApiResource as ApiResource
    from eaglet.exceptions import ApiError as ApiError
    from eaglet.params import param_required as param_required

_HOMES = {
    "ApiError": "eaglet.exceptions",
    "ApiResource": "eaglet.api.resource",
    "access_token_required": "eaglet.api.authorization",
    "param_required": "eaglet.params",
}

__all__ = ["ApiError", "ApiResource", "access_token_required", "param_required"]


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

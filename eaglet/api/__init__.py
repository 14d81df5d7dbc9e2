"""Resources: what a service answers.

The names are imported when first asked for: `param_required` must not pull in Django REST
framework, and a resource must not be touched before the app registry is ready.
"""

from typing import TYPE_CHECKING

from eaglet.imports import lazy_exports

if TYPE_CHECKING:
    from eaglet.api.pagination import Page as Page
    from eaglet.api.pagination import paginate as paginate
    from eaglet.api.resource import ApiResource as ApiResource
    from eaglet.api.security.decorator import access_token_required as access_token_required
    from eaglet.api.security.decorator import public as public
    from eaglet.api.shapes.declaration import answers as answers
    from eaglet.api.shapes.declaration import raises as raises
    from eaglet.exceptions import ApiError as ApiError
    from eaglet.params import param_required as param_required

_HOMES = {
    "ApiError": "eaglet.exceptions",
    "ApiResource": "eaglet.api.resource",
    "Page": "eaglet.api.pagination",
    "access_token_required": "eaglet.api.security.decorator",
    "answers": "eaglet.api.shapes.declaration",
    "paginate": "eaglet.api.pagination",
    "param_required": "eaglet.params",
    "public": "eaglet.api.security.decorator",
    "raises": "eaglet.api.shapes.declaration",
}

__all__ = [
    "ApiError",
    "ApiResource",
    "Page",
    "access_token_required",
    "answers",
    "paginate",
    "param_required",
    "public",
    "raises",
]

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)

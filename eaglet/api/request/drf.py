"""The Django REST framework request that stands behind a call, and the settings it goes by.

REST framework has defaults of its own for each policy (session and basic authentication among
them). Here a policy counts only if the project's REST_FRAMEWORK or the class names it.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.settings import api_settings

from eaglet.api.request.body import has_body
from eaglet.api.request.parsers import FormParser, ObjectParser

PARSERS = (ObjectParser, FormParser, MultiPartParser)


def named(setting: str) -> bool:
    """Tell whether the project's REST_FRAMEWORK names a setting."""
    return setting in (getattr(settings, "REST_FRAMEWORK", None) or {})


class FromProject:
    """A class attribute: what the project names, else eaglet's own value; read when asked."""

    def __init__(self, setting: str, own: Any) -> None:
        self.setting = setting
        self.own = own

    def __get__(self, instance: object, owner: type) -> Any:
        return getattr(api_settings, self.setting) if named(self.setting) else self.own


class ResourceRequest(Request):
    """A request to a resource.

    Attributes:
        params: the merged parameters, as a context provider finds them.
    """

    params: dict[str, Any]

    def _load_stream(self) -> None:
        has_body(self._request)  # else one without a Content-Length is taken for none
        super()._load_stream()  # type: ignore[misc]

    def _not_authenticated(self) -> None:
        # REST framework's AnonymousUser can't be imported without django.contrib.auth.
        if named("UNAUTHENTICATED_USER") or apps.is_installed("django.contrib.auth"):
            super()._not_authenticated()  # type: ignore[misc]
        else:
            self._authenticator = None
            self.user = None  # type: ignore[assignment]
            self.auth = None


def wrap(request: HttpRequest) -> ResourceRequest:
    """Make the request of a call that Django REST framework has no other part in."""
    return ResourceRequest(request, parsers=[parser() for parser in PARSERS])

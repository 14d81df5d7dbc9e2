"""The Django REST framework request that stands behind a call, and the settings it goes by.

REST framework has defaults of its own for each policy (session and basic authentication among
them). Here a policy counts only if the project's REST_FRAMEWORK or the class names it.
"""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request, is_form_media_type
from rest_framework.settings import api_settings

from eaglet.api.request.body import FORM, JSON, decode_form, decode_json, has_body, posted_form
from eaglet.api.request.caller import TokenUser


class ObjectParser(BaseParser):
    """Read a JSON object by the same rules as the fast path."""

    media_type = JSON
    decode: Callable[[bytes, str | None], Any] = staticmethod(decode_json)

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Decode the body; an empty one is `{}`. Raises what the fast path does."""
        raw = stream.read()
        return self.decode(raw, (parser_context or {}).get("encoding")) if raw else {}


class FormParser(ObjectParser):
    """Read an URL-encoded form by the same rules as the fast path."""

    media_type = FORM
    decode = staticmethod(decode_form)


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

    def _parse(self) -> tuple[Any, Any]:
        posted = posted_form(self._request)
        if posted is None or not is_form_media_type(self.content_type):
            return super()._parse()  # type: ignore[misc,no-any-return]
        negotiator: Any = self.negotiator
        if negotiator.select_parser(self, self.parsers) is None:
            raise UnsupportedMediaType(self.content_type)
        return posted, self._request.FILES

    def _set_user(self, user: Any) -> None:
        # Django's own request.user is changed by an authenticator that is named, and no other.
        self._user = user
        if user is not None and not isinstance(user, TokenUser):
            self._request.user = user

    user = property(Request.user.fget, _set_user)  # type: ignore[attr-defined]

    def _not_authenticated(self) -> None:
        self._authenticator = None
        # REST framework's AnonymousUser can't be imported without django.contrib.auth.
        known = named("UNAUTHENTICATED_USER") or apps.is_installed("django.contrib.auth")
        anonymous: Any = api_settings.UNAUTHENTICATED_USER if known else None
        self._user = anonymous() if anonymous else None
        token: Any = api_settings.UNAUTHENTICATED_TOKEN
        self.auth = token() if token else None


def wrap(request: HttpRequest) -> ResourceRequest:
    """Make the request of a call that Django REST framework has no other part in."""
    return ResourceRequest(request, parsers=[parser() for parser in PARSERS])

"""How a call is written on the wire: the standard way, and the original's.

Standard: real verbs, a JSON body, the parameters of GET in the query, the token in a header.
Legacy: POST as a form, PUT and DELETE as POST with `?_method=`, the token as a parameter.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import QuerySet
from requests.models import PreparedRequest

from eaglet import __version__, encoding
from eaglet.client.services.addresses import is_name
from eaglet.client.services.resolve import Service
from eaglet.exceptions import InvalidRequest

TOKEN_PARAMETER: Final = "access_token"  # noqa: S105 - a name
JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_LISTS: Final = (list, tuple, set, frozenset, QuerySet)
_HEADERS: Final = {
    "User-Agent": f"eaglet/{__version__}",
    "Accept": JSON,
    "Accept-Encoding": "gzip, deflate",
}


@lru_cache(maxsize=1000)
def path_of(resource: str) -> str:
    """The path of a resource, `/a/b/` for `a.b`; InvalidRequest for what can't be one's name."""
    if not is_name(resource):
        raise InvalidRequest(f"{resource!r} can't be a resource's name")
    return f"/{resource.replace('.', '/')}/"


class CallRequest(PreparedRequest):
    """A request that knows what was called: for an adapter that stands in for the service."""

    draft: Draft
    token: str | None


@dataclass(frozen=True)
class Draft:
    """A call as the service expects it, but for the headers and the token.

    `service`, `verb`, `path` and `data` are what the caller named and gave.
    """

    method: str
    url: str = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    content_type: str = ""
    is_legacy: bool = False
    service: str = ""
    verb: str = ""
    path: str = ""
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def request(self, headers: Mapping[str, str], *, token: str | None = None) -> CallRequest:
        """Make the request, with these headers besides its own, and with the token if any."""
        url, body = self.url, self.body
        request = CallRequest()
        request.draft = self
        request.token = token
        request.method = self.method
        written = {**_HEADERS, **headers}
        if token is not None:
            if not self.is_legacy:
                written["Authorization"] = f"Bearer {token}"
            elif body is None:
                url = _appended(url, "&" if "?" in url else "?", token)
            else:
                body = _appended(body.decode("ascii"), "&" if body else "", token).encode("ascii")
        request.url = url
        if body is not None:
            request.body = body
            written["Content-Type"] = self.content_type
            written["Content-Length"] = str(len(body))
        # One that ignores case would cost as much as the rest; `transport` makes it where needed.
        request.headers = written  # type: ignore[assignment]
        return request


def _appended(parameters: str, joint: str, token: str) -> str:
    return f"{parameters}{joint}{urlencode({TOKEN_PARAMETER: token})}"


def draft(service: Service, verb: str, path: str, data: Mapping[str, Any]) -> Draft:
    """Write a call down.

    Args:
        service: whom to call.
        verb: `get`, `post`, `put` or `delete`.
        path: what `path_of` gives.
        data: the parameters; not written to.

    Raises InvalidRequest for data that can't be written.
    """
    url = service.url + path
    named = (service.is_legacy, service.name, verb, path, data)
    try:
        if verb == "get":
            query = form(data, short_lists_as_json=not service.is_legacy)
            return Draft("GET", f"{url}?{query}" if query else url, None, "", *named)
        if service.is_legacy:
            url = url if verb == "post" else f"{url}?_method={verb}"
            return Draft("POST", url, form(data).encode("ascii"), _FORM, *named)
        return Draft(verb.upper(), url, encoding.to_json(dict(data)), JSON, *named)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(f"the data can't be sent: {error}") from None


def form(data: Mapping[str, Any], *, short_lists_as_json: bool = False) -> str:
    """Write parameters for a query or a form.

    A list, tuple or set is a repeated key, a dict is JSON text, None is left out; dates and
    decimals are written as in JSON, booleans as `True` and `False`. Raises TypeError for a type
    that can't be written, ValueError for NaN and for text that has no UTF-8 form.

    Args:
        data: the parameters.
        short_lists_as_json: write a list of one or of none as a JSON array, of the strings that
            a repeated key would hold: a key given once would be no list, and one not given none.
    """
    pairs = data.items()
    return urlencode(
        [(name, text) for name, value in pairs for text in _texts(value, short_lists_as_json)]
    )


def _texts(value: Any, short_as_json: bool) -> Sequence[str | bytes]:
    if value is None:
        return ()
    if not isinstance(value, _LISTS):
        return (_text(value),)
    texts = [_text(item) for item in value if item is not None]
    if len(texts) > 1 or not short_as_json:
        return texts
    return [encoding.to_json([_as_str(text) for text in texts]).decode()]


def _as_str(text: str | bytes) -> str:
    return text.decode() if isinstance(text, bytes) else text


def _text(value: Any) -> str | bytes:
    if isinstance(value, str):
        return str.__str__(value)  # of an enumeration, the value
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool | decimal.Decimal):
        return str(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} has no form that is JSON too")
        return float.__repr__(value)
    if isinstance(value, Mapping):
        return encoding.to_json(dict(value)).decode()
    if isinstance(value, _LISTS):
        return encoding.to_json(value).decode()
    written = encoding.default(value)
    return written if isinstance(written, str) else encoding.to_json(written).decode()

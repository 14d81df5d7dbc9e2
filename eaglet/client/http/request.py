"""Write a call for the wire: the standard way, or the original's.

Standard: real verbs, a JSON body, the parameters of GET in the query, the token in a header.
Legacy: POST as a form, PUT and DELETE as POST with `?_method=`, the token as a parameter.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from mimetypes import guess_type
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import QuerySet
from urllib3 import encode_multipart_formdata

from eaglet import __version__, encoding
from eaglet.client.services.addresses import is_name
from eaglet.client.services.resolve import Service
from eaglet.exceptions import InvalidRequest

TOKEN_PARAMETER: Final = "access_token"  # noqa: S105 - a name
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
_LISTS: Final = (list, tuple, set, frozenset, QuerySet)
_HEADERS: Final = {
    "User-Agent": f"eaglet/{__version__}",
    "Accept": JSON,
    "Accept-Encoding": "gzip, deflate",
}


@lru_cache(maxsize=1000)
def path_of(resource: str) -> str:
    """Return the path of a resource, `/a/b/` for `a.b`; InvalidRequest for what is no name."""
    if not is_name(resource):
        raise InvalidRequest(f"{resource!r} can't be a resource's name")
    return f"/{resource.replace('.', '/')}/"


@dataclass
class CallRequest:
    """A request for the wire, which knows what was called and with what token."""

    template: RequestTemplate
    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    token: str | None = field(repr=False)


@dataclass(frozen=True)
class RequestTemplate:
    """A call as the service expects it, but for the headers and the token.

    `service`, `verb`, `path`, `data` and `files` are what the caller named and gave.
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
    files: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def request(self, headers: Mapping[str, str], *, token: str | None = None) -> CallRequest:
        """Make the request, with these headers besides its own, and with the token if any."""
        url, body = self.url, self.body
        written = {**_HEADERS, **headers}
        if token is not None:
            if not self.is_legacy:
                written["Authorization"] = f"Bearer {token}"
            elif body is None or self.content_type != FORM:
                url = _appended(url, "&" if "?" in url else "?", token)
            else:
                body = _appended(body.decode("ascii"), "&" if body else "", token).encode("ascii")
        if body is not None:
            written["Content-Type"] = self.content_type
            written["Content-Length"] = str(len(body))
        return CallRequest(self, self.method, url, written, body, token)


def _appended(parameters: str, joint: str, token: str) -> str:
    return f"{parameters}{joint}{urlencode({TOKEN_PARAMETER: token})}"


def template(
    service: Service,
    verb: str,
    path: str,
    data: Mapping[str, Any],
    files: Mapping[str, Any] | None = None,
) -> RequestTemplate:
    """Write a call down: `path` is what `path_of` gives, `files` are as `multipart` has them.

    Raises InvalidRequest for data or files that can't be written.
    """
    url = service.url + path
    named = (service.is_legacy, service.name, verb, path, data, files or {})
    try:
        if verb == "get":
            if files:
                raise InvalidRequest("GET can't send files")
            query = form(data, short_lists_as_json=not service.is_legacy)
            return RequestTemplate("GET", f"{url}?{query}" if query else url, None, "", *named)
        method = verb.upper()
        if service.is_legacy and verb != "post":
            url, method = f"{url}?_method={verb}", "POST"
        if files:
            body, content_type = multipart(data, files)
        elif service.is_legacy:
            method, body, content_type = "POST", form(data).encode("ascii"), FORM
        else:
            body, content_type = encoding.to_json(dict(data)), JSON
        return RequestTemplate(method, url, body, content_type, *named)
    except (TypeError, ValueError, RecursionError, OSError) as error:
        raise InvalidRequest(f"the data can't be sent: {error}") from None


def whole(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return data with every value of a multi-valued mapping, such as a QueryDict.

    What is there once is that value, what is there several times a list.
    """
    # Of Django, Werkzeug and Starlette; of multidict and WebOb.
    values_of = getattr(data, "getlist", None) or getattr(data, "getall", None)
    if values_of is None:
        return data
    lists = {name: list(values_of(name)) for name in data}
    return {name: values[0] if len(values) == 1 else values for name, values in lists.items()}


def multipart(data: Mapping[str, Any], files: Mapping[str, Any]) -> tuple[bytes, str]:
    """Write parameters and files as multipart/form-data (RFC 7578): the body, its content type.

    A file is bytes, an object with `read` (whose `name` and `content_type` count), or a pair or
    triple of a name, such a content and perhaps a content type.
    """
    fields = _fields(data, short_as_json=False)
    for name, given in files.items():
        fields += [(name, _file(each)) for each in (given if isinstance(given, list) else [given])]
    return encode_multipart_formdata(fields)


def _file(given: Any) -> tuple[str, bytes, str]:
    named = given if isinstance(given, tuple) else (None, given)
    if len(named) not in (2, 3):
        raise TypeError("a file is (name, content) or (name, content, content type)")
    content = named[1]
    name = named[0] or getattr(content, "name", None)
    name = PurePath(name).name if isinstance(name, str) and name else "file"
    kind = named[2] if len(named) == 3 else getattr(content, "content_type", None)
    read = getattr(content, "read", None)
    body = read() if read is not None else content
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, bytes | bytearray | memoryview):
        raise TypeError(f"a file can't be {type(content).__name__}")
    return name, bytes(body), kind or guess_type(name)[0] or "application/octet-stream"


def form(data: Mapping[str, Any], *, short_lists_as_json: bool = False) -> str:
    """Write parameters for a query or a form.

    A list, tuple or set is a repeated key, a dict is JSON text, None is left out; dates and
    decimals are written as in JSON, booleans as `True` and `False`. Raises TypeError for a type
    that can't be written, ValueError for NaN and for text that has no UTF-8 form.
    With `short_lists_as_json` a list of one or of none is a JSON array, of the strings that a
    repeated key would hold: a key given once would be no list, and one not given none.
    """
    return urlencode(_fields(data, short_lists_as_json))


def _fields(data: Mapping[str, Any], short_as_json: bool) -> list[tuple[str, Any]]:
    return [(name, text) for name, value in data.items() for text in _texts(value, short_as_json)]


def _texts(value: Any, short_as_json: bool) -> Sequence[str | bytes]:
    if value is None:
        return ()
    if not isinstance(value, _LISTS):
        return (_text(value),)
    texts = [_text(item) for item in value if item is not None]
    if len(texts) > 1 or not short_as_json:
        return texts
    strings = [text.decode() if isinstance(text, bytes) else text for text in texts]
    return [encoding.to_json(strings).decode()]


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
        value = dict(value)
    elif not isinstance(value, _LISTS):
        value = encoding.default(value)
    return value if isinstance(value, str) else encoding.to_json(value).decode()

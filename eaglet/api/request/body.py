"""The body as parameters: a form or a JSON object, for every verb."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, QueryDict, RawPostDataException, UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, UnsupportedMediaType
from rest_framework.request import Request

from eaglet.api.exceptions import MalformedRequest, PayloadTooLarge
from eaglet.encoding import from_json

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
JSON = "application/json"


def has_body(request: HttpRequest) -> bool:
    """Tell whether the request has a body."""
    length = request.META.get("CONTENT_LENGTH")
    if length:
        return bool(length != "0")
    return "wsgi.input" not in request.META and _measure(request) > 0


def _measure(request: HttpRequest) -> int:
    # Chunked, and over HTTP/2, a body comes without its length. WSGI can't bring such a one;
    # ASGI can, and Django has it in a file by now. The parsers go by the header.
    stream = getattr(request, "_stream", None)
    if hasattr(request, "_body"):
        size = len(request.body)
    elif stream is None or stream.closed:
        return 0
    else:
        position = stream.tell()
        stream.seek(0, os.SEEK_END)
        size = stream.tell()
        stream.seek(position)
    request.META["CONTENT_LENGTH"] = str(size)
    return size


def read_body(request: HttpRequest) -> Mapping[str, Any]:
    """Decode a form or a JSON object; an empty body is `{}`.

    Raises PayloadTooLarge (413) over DATA_UPLOAD_MAX_MEMORY_SIZE or _NUMBER_FIELDS,
    UnsupportedMediaType (415) for any other type, MalformedRequest (400) for what is not that.
    """
    try:
        raw = request.body
    except RequestDataTooBig:
        raise PayloadTooLarge from None
    except (UnreadablePostError, RawPostDataException, ValueError, OverflowError):
        # The latter two are about a Content-Length that is no number, or too large a one.
        raise MalformedRequest(_("the body can't be read")) from None
    return decode(raw, request.content_type or "", request.encoding)


def decode(raw: bytes, content_type: str, encoding: str | None) -> Mapping[str, Any]:
    """Decode the bytes of a body by its type; what it raises is what `read_body` raises."""
    if not raw:
        return {}
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if limit is not None and len(raw) > limit:
        raise PayloadTooLarge
    if content_type == JSON:
        return decode_json(raw, encoding)
    if content_type == FORM:
        return decode_form(raw, encoding)
    raise UnsupportedMediaType(content_type)


def decode_json(raw: bytes, encoding: str | None) -> dict[str, Any]:
    """Decode the bytes of a JSON object; MalformedRequest for anything else."""
    try:
        value = from_json(raw.decode(encoding or "utf-8"))
    except UnicodeDecodeError:
        raise MalformedRequest(_("malformed JSON: wrong character encoding")) from None
    except ValueError as error:
        raise MalformedRequest(str(error)) from None
    if not isinstance(value, dict):
        raise MalformedRequest(_("the JSON body must be an object"))
    return value


def decode_form(raw: bytes, encoding: str | None) -> QueryDict:
    """Decode the bytes of a form; PayloadTooLarge over DATA_UPLOAD_MAX_NUMBER_FIELDS."""
    try:
        return QueryDict(raw, encoding=encoding or settings.DEFAULT_CHARSET)
    except TooManyFieldsSent:
        raise PayloadTooLarge from None


def read_drf_body(request: Request) -> Mapping[str, Any]:
    """Decode the body with the parsers of a Django REST framework request.

    Files stand among the parameters. Raises what `read_body` raises, and what the parsers do.
    """
    content_type = (request.content_type or "").partition(";")[0].strip().lower()
    length = request.META.get("CONTENT_LENGTH") or "0"
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if limit is not None and content_type != MULTIPART and length.isdigit() and int(length) > limit:
        raise PayloadTooLarge
    try:
        data = request.data
    except APIException:
        raise
    except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
        raise PayloadTooLarge from None
    except (SuspiciousOperation, UnreadablePostError, RawPostDataException):
        raise MalformedRequest(_("the body can't be read")) from None
    except RecursionError:
        raise MalformedRequest(_("nested too deeply")) from None
    except (ValueError, OverflowError):
        raise MalformedRequest(_("the body can't be read")) from None
    if not isinstance(data, Mapping):
        raise MalformedRequest(_("the JSON body must be an object"))
    return data

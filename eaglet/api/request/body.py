"""The body as parameters: a form or a JSON object, for every verb."""

import os
from collections.abc import Mapping
from io import BytesIO
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

from eaglet.api.exceptions import LengthRequired, MalformedRequest, PayloadTooLarge
from eaglet.encoding import from_json

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
JSON = "application/json"

# The latter two are about a Content-Length that is no number, or too large a one.
_UNREADABLE = (UnreadablePostError, RawPostDataException, ValueError, OverflowError)


def may_have_body(request: HttpRequest) -> bool:
    """Tell whether the request may have a body, without reading any of it."""
    meta = request.META
    length = meta.get("CONTENT_LENGTH")
    if length:
        return bool(length != "0")
    return (
        "HTTP_TRANSFER_ENCODING" in meta
        or "wsgi.input" not in meta
        or meta.get("SERVER_PROTOCOL", "").startswith("HTTP/2")
    )


def has_body(request: HttpRequest) -> bool:
    """Tell whether the request has a body; one without a Content-Length is measured.

    Raises LengthRequired (411) where a server does not tell the end of such a body,
    PayloadTooLarge (413) where it is over DATA_UPLOAD_MAX_MEMORY_SIZE, and UnsupportedMediaType
    (415) for one that is compressed.
    """
    if not may_have_body(request):
        return False
    meta = request.META
    if not meta.get("CONTENT_LENGTH"):
        size = _read_unmeasured(request) if "wsgi.input" in meta else _measure(request)
        if not size:
            return False
    encoding = meta.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMediaType(encoding[:20])
    return True


def _read_unmeasured(request: HttpRequest) -> int:
    # Django takes a body without a Content-Length for none.
    meta = request.META
    if not meta.get("wsgi.input_terminated"):
        if "HTTP_TRANSFER_ENCODING" not in meta:
            return 0
        raise LengthRequired
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    raw = bytearray()
    try:
        while chunk := meta["wsgi.input"].read(65536):
            raw += chunk
            if limit is not None and len(raw) > limit:
                raise PayloadTooLarge
    except (OSError, ValueError):
        raise MalformedRequest(_("the body can't be read")) from None
    if raw:
        meta["CONTENT_LENGTH"] = str(len(raw))
        for name in ("_body", "_post", "_files"):  # what a middleware found there: nothing
            if not vars(request).get(name, True):
                del vars(request)[name]
        request._stream = BytesIO(raw)
        request._read_started = False  # type: ignore[attr-defined]
    return len(raw)


def posted_form(request: HttpRequest) -> QueryDict | None:
    """Return the form that a middleware has read, or put in its place; None if there is none.

    Django reads that of a POST only: an empty one tells nothing of another verb.
    """
    form: QueryDict | None = vars(request).get("_post")
    return form if form or request.method == "POST" else None


def _measure(request: HttpRequest) -> int:
    # ASGI: Django has it in a file by now. The parsers go by the header.
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
    posted = posted_form(request)
    if posted is not None and request.content_type == FORM:
        return posted
    try:
        raw = request.body
    except RequestDataTooBig:
        raise PayloadTooLarge from None
    except _UNREADABLE:
        raise MalformedRequest(_("the body can't be read")) from None
    if not raw:
        return {}
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if limit is not None and len(raw) > limit:
        raise PayloadTooLarge
    if request.content_type == JSON:
        return decode_json(raw, request.encoding)
    if request.content_type == FORM:
        return decode_form(raw, request.encoding)
    raise UnsupportedMediaType(request.content_type or "")


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
    except RecursionError:
        raise MalformedRequest(_("nested too deeply")) from None
    except (SuspiciousOperation, *_UNREADABLE):
        raise MalformedRequest(_("the body can't be read")) from None
    if not isinstance(data, Mapping):
        raise MalformedRequest(_("the JSON body must be an object"))
    return data

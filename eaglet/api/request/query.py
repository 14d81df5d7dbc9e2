"""The query string as parameters: split directly where that is safe."""

from __future__ import annotations

import codecs

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest

from eaglet.api.exceptions import PayloadTooLarge
from eaglet.api.request.args import Args
from eaglet.params import RepeatedValues

# Python calls these text encodings; none is one that a caller has a use for.
_NO_TEXT = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})


def normalize_charset(request: HttpRequest) -> bool:
    """Replace a charset that is none for text; tell whether the request names any.

    A caller may name any codec of Python's, "zlib" among them.
    """
    if request.encoding is None:
        return False
    codec = codecs.lookup(request.encoding)
    if not codec._is_text_encoding or codec.name in _NO_TEXT:
        request.encoding = settings.DEFAULT_CHARSET
    return True


def read_query(request: HttpRequest, args: Args, max_fields: int | None) -> None:
    """Put the query's parameters into `args`: a str each, repeated keys as a list.

    It comes before anything else that decodes, and normalizes the request's charset.

    A plain ASCII query without `%` and `+` needs no decoding and is split here, at a fraction
    of the cost; any other goes through Django's QueryDict, with the same result. Raises
    PayloadTooLarge beyond `max_fields`, the project's DATA_UPLOAD_MAX_NUMBER_FIELDS.
    """
    charset_named = request.encoding is not None and normalize_charset(request)
    query = request.META.get("QUERY_STRING", "")
    replaced = "GET" in vars(request)  # a middleware has read it, or put another in its place
    if not query and not replaced:
        return
    if replaced or charset_named or "%" in query or "+" in query or not query.isascii():
        try:
            args.overlay(request.GET)
        except TooManyFieldsSent:
            raise PayloadTooLarge from None
        return
    pairs = query.split("&")
    if max_fields is not None and len(pairs) > max_fields:
        raise PayloadTooLarge
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name in args:
            if not pair:
                continue
            known = args[name]
            if known.__class__ is RepeatedValues:
                known.append(value)
            else:
                args[name] = RepeatedValues((known, value))
        elif pair:
            args[name] = value

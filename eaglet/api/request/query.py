"""The query string as parameters: split directly where that is safe."""

from __future__ import annotations

import codecs

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest

from eaglet.api.exceptions import PayloadTooLarge
from eaglet.api.request.args import Args

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

    A plain ASCII query without `%` and `+`, whose names all differ, needs no decoding and is split
    here, at a fraction of the cost; any other goes through Django's QueryDict. Raises
    PayloadTooLarge beyond `max_fields`, the project's DATA_UPLOAD_MAX_NUMBER_FIELDS.
    """
    charset_named = request.encoding is not None and normalize_charset(request)
    query = request.META.get("QUERY_STRING", "")
    # With GET in there a middleware has read it, or put another in its place.
    if "GET" not in request.__dict__:
        if not query:
            return
        if not charset_named and query.isascii() and "%" not in query and "+" not in query:
            pairs = query.split("&")
            if max_fields is None or len(pairs) <= max_fields:
                try:
                    args.update([pair.split("=") for pair in pairs])
                    if len(args) == len(pairs):
                        return
                except ValueError:  # a pair with no "=", or with several
                    pass
                args.clear()
    try:
        args.overlay(request.GET)
    except TooManyFieldsSent:
        raise PayloadTooLarge from None

"""The query string as parameters: split directly where that is safe."""

from __future__ import annotations

import codecs

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest

from eaglet.api.exceptions import PayloadTooLarge
from eaglet.api.request.args import TOKEN_PARAMETER, Args
from eaglet.api.request.method_override import PARAMETER
from eaglet.params import Declared, RepeatedValues

# Python calls these text encodings; none is one that a caller has a use for.
_NO_TEXT = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})

# A pair without a name, and what is taken out of the parameters before they are checked.
_NOT_FOR_HANDLERS = frozenset({"", PARAMETER, TOKEN_PARAMETER})


def mend_encoding(request: HttpRequest) -> bool:
    """Replace a charset that is none for text; give back whether the request names any.

    A caller may name any codec of Python's, "zlib" among them.
    """
    if request.encoding is None:
        return False
    codec = codecs.lookup(request.encoding)
    if not codec._is_text_encoding or codec.name in _NO_TEXT:
        request.encoding = settings.DEFAULT_CHARSET
    return True


def read_checked(
    request: HttpRequest, args: Args, declared: Declared, max_fields: int | None
) -> bool:
    """Put the query's parameters into `args`, checked and converted on the way, where all is well.

    Gives False, and leaves `args` empty, for `read_query` and `check_params` to find out more,
    where anything has to be decoded, is repeated, missing or wrong.
    """
    meta = request.META
    query = meta.get("QUERY_STRING", "")
    if (
        meta.get("CONTENT_LENGTH")
        or "wsgi.input" not in meta
        or "%" in query
        or "+" in query
        or not query.isascii()
        or request.encoding is not None
    ):
        return False
    pairs = query.split("&") if query else ()
    if max_fields is not None and len(pairs) > max_fields:
        return False
    converters = declared.converters
    try:
        for pair in pairs:
            name, _, value = pair.partition("=")
            args[name] = converters[name](value) if name in converters else value
    except ValueError:
        args.clear()
        return False
    if (
        len(args) != len(pairs)
        or not args.keys() >= declared.required
        or not _NOT_FOR_HANDLERS.isdisjoint(args)
    ):
        args.clear()
        return False
    args.checked = declared
    return True


def read_query(request: HttpRequest, args: Args, max_fields: int | None) -> None:
    """Put the query's parameters into `args`: a str each, repeated keys as a list.

    It comes before anything else that decodes, and mends the request's encoding.

    A plain ASCII query without `%` and `+` needs no decoding and is split here, at a fraction
    of the cost; any other goes through Django's QueryDict, with the same result. Raises
    PayloadTooLarge beyond `max_fields`, the project's DATA_UPLOAD_MAX_NUMBER_FIELDS.
    """
    charset_named = request.encoding is not None and mend_encoding(request)
    query = request.META.get("QUERY_STRING", "")
    if not query:
        return
    if charset_named or "%" in query or "+" in query or not query.isascii():
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

"""The query string as parameters: split and checked in one go where that is safe."""

import codecs

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest

from eaglet.api.exceptions import PayloadTooLarge
from eaglet.api.request.args import CREDENTIALS, Args
from eaglet.api.request.body import may_have_body
from eaglet.api.request.method_override import PARAMETER
from eaglet.params import Declared

# Python calls these text encodings; none is one that a caller has a use for.
_NO_TEXT = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})

# A pair without a name, and what is taken out of the parameters or concealed in them.
_NOT_FOR_HANDLERS = frozenset({"", PARAMETER, *CREDENTIALS})


def normalize_charset(request: HttpRequest) -> None:
    """Replace a charset that is none for text.

    A caller may name any codec of Python's, "zlib" among them.
    """
    if request.encoding is None:
        return
    codec = codecs.lookup(request.encoding)
    if not codec._is_text_encoding or codec.name in _NO_TEXT:
        request.encoding = settings.DEFAULT_CHARSET


def read_checked(
    request: HttpRequest, args: Args, declared: Declared, max_fields: int | None
) -> bool:
    """Put a plain query's parameters into `args`, checked and converted on the way.

    Return False, and leave `args` empty, where there may be a body or anything has to be decoded
    or taken out, is repeated, missing or wrong: `read_query` and `check_params` find out more.
    """
    query = request.META.get("QUERY_STRING", "")
    if (
        # With GET in there a middleware has read it, or put another in its place.
        "GET" in request.__dict__
        or "%" in query
        or "+" in query
        or not query.isascii()
        or request.encoding is not None
        or may_have_body(request)
    ):
        return False
    pairs = query.split("&") if query else ()
    if max_fields is not None and len(pairs) > max_fields:
        return False
    converters = declared.converters
    try:
        for pair in pairs:
            name, value = pair.split("=")
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


def read_query(request: HttpRequest, args: Args) -> None:
    """Put the query's parameters into `args`: a str each, repeated keys as a list.

    It comes before anything else that decodes, and normalizes the request's charset. Raises
    PayloadTooLarge beyond the project's DATA_UPLOAD_MAX_NUMBER_FIELDS.
    """
    normalize_charset(request)
    try:
        args.overlay(request.GET)
    except TooManyFieldsSent:
        raise PayloadTooLarge from None

"""The query string as parameters: split directly where that is safe."""

from __future__ import annotations

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest

from eaglet.api.args import Args
from eaglet.api.refusals import PayloadTooLarge
from eaglet.params import RepeatedValues


def read_query(request: HttpRequest, args: Args, max_fields: int | None) -> None:
    """Put the query's parameters into `args`: a str each, repeated keys as a list.

    A plain ASCII query without `%` and `+` needs no decoding and is split here, at a fraction
    of the cost; any other goes through Django's QueryDict, with the same result. Raises
    PayloadTooLarge beyond `max_fields`, the project's DATA_UPLOAD_MAX_NUMBER_FIELDS.
    """
    query = request.META.get("QUERY_STRING", "")
    if not query:
        return
    if "%" in query or "+" in query or not query.isascii() or request.encoding is not None:
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

"""Django REST framework parsers that read bodies by the same rules as the fast path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.http import QueryDict
from rest_framework.parsers import BaseParser

from eaglet.api.request.body import FORM, JSON, decode_form, decode_json


class ObjectParser(BaseParser):
    """A JSON object."""

    media_type = JSON

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Decode the object; MalformedRequest for anything else."""
        raw = stream.read()
        return decode_json(raw, _encoding(parser_context)) if raw else {}


class FormParser(BaseParser):
    """An URL-encoded form."""

    media_type = FORM

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> QueryDict:
        """Decode the form; PayloadTooLarge for too many fields."""
        return decode_form(stream.read(), _encoding(parser_context))


def _encoding(parser_context: Mapping[str, Any] | None) -> str | None:
    return (parser_context or {}).get("encoding")

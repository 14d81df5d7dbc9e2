"""What the Accept header of a request asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django.http.request import MediaType


def accepted_types(request: HttpRequest) -> list[MediaType]:
    """The media types a caller accepts, the preferred first; none if they can't be read."""
    try:
        return request.accepted_types
    except ValueError:  # a header that is too long, or names an encoding there is not
        return []


def matches(accepted: MediaType, media_type: str) -> bool:
    """Whether a type of the header, whatever parameters it has, stands for a media type."""
    main_type, _, sub_type = media_type.partition(";")[0].strip().partition("/")
    return accepted.main_type in ("*", main_type) and accepted.sub_type in ("*", sub_type)

"""What the Accept header of a request asks for, and the renderer that goes by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.utils.mediatypes import media_type_matches

if TYPE_CHECKING:
    from django.http.request import MediaType


def accepted_types(request: HttpRequest) -> list[MediaType]:
    """Return the media types a caller accepts, the preferred first; none if they can't be read."""
    try:
        return request.accepted_types
    except ValueError:  # a header that is too long, or names an encoding there is not
        return []


class Negotiation(DefaultContentNegotiation):
    """Choose the renderer that the Accept header prefers, of those that are named.

    A caller is never refused for its Accept header, and a parameter named `format` is left to
    the resource.
    """

    def select_renderer(  # type: ignore[override]
        self,
        request: Request,
        renderers: Sequence[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer and its media type."""
        for accepted in accepted_types(request._request):
            for renderer in renderers:
                media_type = str(renderer.media_type)
                plain = f"{accepted.main_type}/{accepted.sub_type}"  # whatever its parameters
                if accepted.quality > 0 and media_type_matches(plain, media_type):
                    # A parameter may be the version that versioning looks for.
                    exact = accepted.params and accepted.sub_type != "*"
                    return renderer, str(accepted) if exact else media_type
        return renderers[0], str(renderers[0].media_type)

"""The paths of resources and of the token endpoint, by the URLconf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from eaglet.api import registry

if TYPE_CHECKING:
    from eaglet.api.resource import ApiResource

TOKEN_RESOURCE: Final = ("auth", "access_token")


def path_of(resource: type[ApiResource]) -> str:
    """The path of a resource; below the root where the URLconf does not bring it."""
    try:
        return reverse("eaglet:resource", args=[resource.app, resource.resource])
    except NoReverseMatch:
        return f"/{resource.app}/{resource.resource}/"


def token_resource() -> type[ApiResource] | None:
    """The resource that issues access tokens, where they are issued here."""
    return registry.lookup(*TOKEN_RESOURCE)


def project_name() -> str:
    """What the project calls itself: the package of its URLconf."""
    urlconf = settings.ROOT_URLCONF
    return urlconf.partition(".")[0] if isinstance(urlconf, str) else "API"

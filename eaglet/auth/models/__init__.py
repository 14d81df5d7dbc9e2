"""Store apps, their secrets and grants, the tokens issued to them, and those got elsewhere."""

from eaglet.auth.models.access_tokens import AccessToken, AccessTokenQuerySet
from eaglet.auth.models.apps import (
    App,
    AppGrant,
    AppQuerySet,
    AppSecret,
    AppSecretQuerySet,
    CreatedSecret,
)
from eaglet.auth.models.cached_tokens import CachedToken, CachedTokenQuerySet
from eaglet.auth.models.issuing import AudienceDocument, AudienceGrant, SigningKey
from eaglet.auth.models.refused_calls import Reason, RefusedCalls
from eaglet.auth.models.token_request_count import TokenRequestCount

__all__ = [
    "AccessToken",
    "AccessTokenQuerySet",
    "App",
    "AppGrant",
    "AppQuerySet",
    "AppSecret",
    "AppSecretQuerySet",
    "AudienceDocument",
    "AudienceGrant",
    "CachedToken",
    "CachedTokenQuerySet",
    "CreatedSecret",
    "Reason",
    "RefusedCalls",
    "SigningKey",
    "TokenRequestCount",
]

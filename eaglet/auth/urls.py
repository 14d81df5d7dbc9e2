"""The routes that `eaglet.api.urls` gets where tokens are issued."""

from __future__ import annotations

from django.urls import path

from eaglet.auth import oauth_metadata, oauth_views

urlpatterns = [
    path(oauth_metadata.TOKEN_PATH, oauth_views.token, name="oauth-token"),
    path(oauth_metadata.INTROSPECT_PATH, oauth_views.introspect, name="oauth-introspect"),
    path(oauth_metadata.REVOKE_PATH, oauth_views.revoke, name="oauth-revoke"),
    path(oauth_metadata.WELL_KNOWN_PATH, oauth_views.metadata, name="oauth-metadata"),
    path(f"{oauth_metadata.WELL_KNOWN_PATH}/<path:issuer_path>", oauth_views.metadata),
]

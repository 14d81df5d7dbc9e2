"""The routes that `eaglet.api.urls` gets where tokens are issued."""

from django.urls import path

from eaglet.auth.oauth import metadata, views

urlpatterns = [
    path(metadata.TOKEN_PATH, views.token, name="oauth-token"),
    path(metadata.INTROSPECT_PATH, views.introspect, name="oauth-introspect"),
    path(metadata.REVOKE_PATH, views.revoke, name="oauth-revoke"),
    path(metadata.WELL_KNOWN_PATH, views.metadata, name="oauth-metadata"),
    path(metadata.JWKS_PATH, views.jwks, name="oauth-jwks"),
    path(f"{metadata.WELL_KNOWN_PATH}/<path:issuer_path>", views.metadata),
]

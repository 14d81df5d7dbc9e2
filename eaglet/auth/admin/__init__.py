"""Give the admin pages of apps, access tokens, cached tokens and signing keys.

A secret stands only in the answer to the POST that made it: in no redirect, message or session.
"""

from eaglet.auth.admin.access_tokens import AccessTokenAdmin
from eaglet.auth.admin.apps import AppAdmin
from eaglet.auth.admin.cached_tokens import CachedTokenAdmin
from eaglet.auth.admin.issuing import SigningKeyAdmin

__all__ = ["AccessTokenAdmin", "AppAdmin", "CachedTokenAdmin", "SigningKeyAdmin"]

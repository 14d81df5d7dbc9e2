"""Give the admin pages of apps, access tokens and cached tokens.

A secret stands only in the answer to the POST that made it: in no redirect, message or session.
"""

from eaglet.auth.admin.access_tokens import AccessTokenAdmin
from eaglet.auth.admin.apps import AppAdmin
from eaglet.auth.admin.cached_tokens import CachedTokenAdmin

__all__ = ["AccessTokenAdmin", "AppAdmin", "CachedTokenAdmin"]

"""Give the admin pages of apps, access tokens and cached tokens.

A secret is shown in one place only: the answer to the POST that made it. It goes through no
redirect, message or session, and nothing secret is listed or searched. What can't be taken back
is asked for on a page of its own, and stands in the history.
"""

from eaglet.auth.admin.access_tokens import AccessTokenAdmin
from eaglet.auth.admin.apps import AppAdmin
from eaglet.auth.admin.cached_tokens import CachedTokenAdmin

__all__ = ["AccessTokenAdmin", "AppAdmin", "CachedTokenAdmin"]

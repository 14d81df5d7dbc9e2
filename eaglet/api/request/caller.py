"""Who sends a request: what a good access token tells of it."""

from collections.abc import Iterable
from typing import Any, Protocol


class AuthenticatedApp(Protocol):
    """The app a token was issued to."""

    @property
    def pk(self) -> Any:
        """Its primary key."""

    @property
    def name(self) -> str:
        """What an operator calls it."""

    @property
    def app_key(self) -> str:
        """Its public key."""


class VerifiedToken(Protocol):
    """The record of a good token: what a handler finds in `args.auth`."""

    @property
    def app(self) -> AuthenticatedApp:
        """The app the token was issued to."""

    def allows(self, grant: str) -> bool:
        """Tell whether the app is granted `app.resource:verb`."""


class TokenUser:
    """`request.user` of a request with a good token: authenticated, and no more than that."""

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False
    is_superuser = False

    def __init__(self, app: AuthenticatedApp) -> None:
        self.app = app
        # REST framework's throttles count users apart by `pk`; logs name them.
        self.pk = self.id = self.username = app.app_key

    def get_username(self) -> str:
        """Return the app key."""
        return self.username

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Return False: no app holds a model permission."""
        return False

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        """Tell whether none is asked for: no app holds a model permission."""
        return not list(perm_list)

    def has_module_perms(self, package_name: str) -> bool:
        """Return False: no app holds a model permission."""
        return False

    def __str__(self) -> str:
        return self.username

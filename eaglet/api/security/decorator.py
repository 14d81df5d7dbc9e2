"""`access_token_required`, and the slot in which an app registers what verifies tokens."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.dispatch import Signal

from eaglet.exceptions import AuthError

F = TypeVar("F", bound=Callable[..., Any])


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
        """Whether the app is granted `app.resource:verb`."""


class TokenVerifier(Protocol):
    """What tells good tokens from bad ones."""

    def verify(self, token: str) -> VerifiedToken:
        """The token's record; raises InvalidAccessToken or ExpiredAccessToken."""


call_refused: Signal = Signal()
"""Sent when a good token's app lacks what a method asks for.

Arguments: `token`, the record, whose class is the sender; `grants`, the missing ones' names.
"""

_verifier: TokenVerifier | None = None


def register_verifier(verifier: TokenVerifier | None) -> None:
    """Put the one verifier in its slot; None empties it."""
    global _verifier  # noqa: PLW0603 - the one slot
    _verifier = verifier


def verifier() -> TokenVerifier:
    """The registered verifier; ImproperlyConfigured if there is none."""
    if _verifier is None:
        raise ImproperlyConfigured(
            "a resource requires an access token, and nothing here verifies any: "
            "add 'eaglet.auth' to INSTALLED_APPS"
        )
    return _verifier


@dataclass(frozen=True)
class TokenRule:
    """What a guarded method asks of a token.

    `grants` are names of the form `app.resource:verb`, all of which the app must hold; None
    stands for the method's own name.
    """

    grants: tuple[str, ...] | None = None


class TokenUser:
    """`request.user` of a request with a good token: authenticated, and no more than that."""

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False
    is_superuser = False

    def __init__(self, app: AuthenticatedApp) -> None:
        self.app = app

    @property
    def pk(self) -> str:
        """The app key: REST framework's throttles count users apart by this."""
        return self.app.app_key

    @property
    def id(self) -> str:
        """The app key."""
        return self.app.app_key

    @property
    def username(self) -> str:
        """The app key, for what logs or throttles by user name."""
        return self.app.app_key

    def get_username(self) -> str:
        """The app key."""
        return self.app.app_key

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """No app holds a model permission."""
        return False

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        """No app holds a model permission."""
        return not list(perm_list)

    def has_module_perms(self, package_name: str) -> bool:
        """No app holds a model permission."""
        return False

    def __str__(self) -> str:
        return self.app.app_key


def token_rule(function: Callable[..., Any]) -> TokenRule | None:
    """What `access_token_required` asks for a function, or None."""
    rule: TokenRule | None = getattr(function, "eaglet_token_rule", None)
    return rule


def access_token_required(grants: Iterable[str] | None = None) -> Callable[[F], F]:
    """Answer a resource method only to callers with a good access token.

    The caller's app must hold the grant `app.resource:verb` of the method, or, where `grants`
    is given, every grant named there instead. The token's record is in `args.auth`.

    Called from Python without the args of a request that was let in, the method raises
    AuthError. Raises ImproperlyConfigured if it is written without parentheses.
    """
    if callable(grants) or isinstance(grants, str | staticmethod):
        raise ImproperlyConfigured(
            "access_token_required takes a list of grants: write @access_token_required()"
        )
    rule = TokenRule(None if grants is None else tuple(grants))

    def decorate(function: F) -> F:
        if isinstance(function, staticmethod):
            return staticmethod(decorate(function.__func__))  # type: ignore[return-value]

        @functools.wraps(function)
        def guarded(args: dict[str, Any]) -> Any:
            if getattr(args, "auth", None) is None:
                raise AuthError(
                    f"{function.__qualname__}() requires an access token, and was called "
                    "without the args of a request that had one"
                )
            return function(args)

        guarded.eaglet_token_rule = rule  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate

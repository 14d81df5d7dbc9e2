"""`access_token_required`, `public`, and the slot for what verifies tokens."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.dispatch import Signal

from eaglet.api.request.caller import VerifiedToken
from eaglet.exceptions import AuthError

F = TypeVar("F", bound=Callable[..., Any])
_BOTH = "{} is @public and guarded: choose one"


class TokenVerifier(Protocol):
    """What tells good tokens from bad ones."""

    def verify(self, token: str) -> VerifiedToken:
        """Return the token's record; raise InvalidAccessToken or ExpiredAccessToken."""


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
    """Return the registered verifier; raise ImproperlyConfigured if there is none."""
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


def token_rule(function: Callable[..., Any]) -> TokenRule | None:
    """Return what `access_token_required` asks for a function, or None."""
    rule: TokenRule | None = getattr(function, "eaglet_token_rule", None)
    return rule


def access_token_required(grants: Iterable[str] | None = None) -> Callable[[F], F]:
    """Answer a resource method only to callers with a good access token.

    The caller's app must hold the grant `app.resource:verb` of the method, or, where `grants`
    is given, every grant named there instead. The token's record is in `args.auth`.

    Called from Python without the args of a request that was let in, the method raises
    AuthError. Raises ImproperlyConfigured if it is written without parentheses, on a class or
    twice on one method.
    """
    if callable(grants) or isinstance(grants, str | staticmethod):
        raise ImproperlyConfigured(
            "access_token_required takes a list of grants: write @access_token_required()"
        )
    rule = TokenRule(None if grants is None else tuple(grants))

    def decorate(function: F) -> F:
        if isinstance(function, staticmethod):
            return staticmethod(decorate(function.__func__))  # type: ignore[return-value]
        if isinstance(function, type) or not callable(function):
            raise ImproperlyConfigured(
                f"access_token_required guards a method, not {function!r}: write it on each verb"
            )
        if is_public(function):
            raise ImproperlyConfigured(_BOTH.format(function.__qualname__))
        if token_rule(function) is not None:
            raise ImproperlyConfigured(
                f"{function.__qualname__} has two access_token_required: name all its grants in one"
            )

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


def public(function: F) -> F:
    """Mark a resource method as open to everybody on purpose; `check` lists what is open unmarked.

    Raises ImproperlyConfigured on a class, or on a method with `access_token_required`.
    """
    marked: Any = getattr(function, "__func__", function)  # a staticmethod's
    if isinstance(marked, type) or not callable(marked):
        raise ImproperlyConfigured(f"public marks each verb, not {function!r}")
    if token_rule(marked) is not None:
        raise ImproperlyConfigured(_BOTH.format(marked.__qualname__))
    marked.eaglet_public = True
    return function


def is_public(function: Callable[..., Any]) -> bool:
    """Return whether a function is marked by `public`."""
    return bool(getattr(function, "eaglet_public", False))

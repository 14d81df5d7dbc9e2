"""What a request knows of the token that let it in."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from eaglet.auth import grants


@dataclass(frozen=True, slots=True)
class VerifiedApp:
    """The app a token was issued to, as a request sees it."""

    pk: int
    name: str
    app_key: str

    @property
    def id(self) -> int:
        """Its primary key."""
        return self.pk


@dataclass(frozen=True, slots=True)
class VerifiedAccessToken:
    """The record of a good token; the token itself is not in it.

    Attributes:
        app: whom it was issued to.
        expires_at: when its time is over, aware.
        grants: what the app may do, as written: `app.resource:verb` with `*`.
    """

    app: VerifiedApp
    expires_at: datetime.datetime
    grants: frozenset[str]

    def allows(self, grant: str) -> bool:
        """Whether the app is granted `app.resource:verb`."""
        return grants.EVERYTHING in self.grants or grants.allows(self.grants, grant)

"""Telling good access tokens from bad ones, at every request.

One prepared statement through Django's cursor brings the token, its secret, its app and the
app's grants: the ORM would spend several times the query's own time on compiling it. A good
verdict is kept in this process for EAGLET_TOKEN_CACHE_SECONDS; a refusal never is.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.signals import setting_changed
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model
from django.views.decorators.debug import sensitive_variables

from eaglet.auth import clock, crypto, grants
from eaglet.auth.changes import access_changed
from eaglet.auth.models import AccessToken, App, AppGrant, AppSecret
from eaglet.conf import conf
from eaglet.exceptions import ExpiredAccessToken, InvalidAccessToken

MAX_VERDICTS: Final = 10_000
"""How many verdicts a process keeps; at one more it starts over."""


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
        return grants.allows(self.grants, grant)


class _Verdict(NamedTuple):
    token: VerifiedAccessToken
    good_until: float  # by the monotonic clock
    expires_at: float  # by the wall clock


Rows = Sequence[tuple[Any, ...]]


class DatabaseTokenVerifier:
    """Verifies access tokens against the database; safe to use from several threads."""

    def __init__(self) -> None:
        # Cleared by being replaced: a thread that read the database before the change puts its
        # verdict into the old dict, where nobody looks.
        self._verdicts: dict[tuple[str, str], _Verdict] = {}
        access_changed.connect(self.forget)
        setting_changed.connect(self._forget_at_setting)

    @sensitive_variables("token")
    def verify(self, token: str) -> VerifiedAccessToken:
        """The token's record; raises InvalidAccessToken or ExpiredAccessToken.

        What does not look like a token is refused without asking the database.
        """
        if not crypto.is_access_token_shaped(token):
            raise InvalidAccessToken("not an access token of this service")
        key = (router.db_for_read(AccessToken), crypto.digest(token))
        verdict = self._verdicts.get(key)
        if (
            verdict is not None
            and time.monotonic() < verdict.good_until
            and time.time() < verdict.expires_at
        ):
            return verdict.token
        return self._ask(key)

    def forget(self, **kwargs: Any) -> None:
        """Drop every verdict of this process."""
        self._verdicts = {}

    def _forget_at_setting(self, *, setting: str, **kwargs: Any) -> None:
        if setting == "EAGLET_TOKEN_CACHE_SECONDS":
            self.forget()

    def _ask(self, key: tuple[str, str]) -> VerifiedAccessToken:
        verdicts = self._verdicts
        # Before the query, so that a verdict outlives a commit it did not see by no more than
        # the time it is kept.
        asked_at = time.monotonic()
        alias, digest = key
        rows = _fetch(alias, digest)
        if not rows and (primary := router.db_for_write(AccessToken)) != alias:
            # A token issued a moment ago may not have reached the replica.
            rows = _fetch(primary, digest)
        token = _judge(rows)
        keep_for = conf.EAGLET_TOKEN_CACHE_SECONDS
        if keep_for > 0:
            if len(verdicts) >= MAX_VERDICTS:
                verdicts.clear()
            verdicts[key] = _Verdict(token, asked_at + keep_for, token.expires_at.timestamp())
        return token


def _judge(rows: Rows) -> VerifiedAccessToken:
    if not rows:
        raise InvalidAccessToken("no such access token")
    expires_at, revoked_at, secret_revoked_at, pk, name, app_key, is_active, _grant = rows[0]
    if revoked_at is not None or secret_revoked_at is not None:
        raise InvalidAccessToken("the access token was revoked")
    if not is_active:
        raise InvalidAccessToken("the access token's app is switched off")
    expires_at = clock.from_field(expires_at)
    if expires_at <= clock.now():
        raise ExpiredAccessToken("the access token has expired")
    granted = frozenset(row[-1] for row in rows if row[-1] is not None)
    return VerifiedAccessToken(VerifiedApp(pk, name, app_key), expires_at, granted)


class _Statement:
    """The look-up of one token, written for one database."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        def column(alias: str, model: type[Model], name: str) -> str:
            return f"{alias}.{quote(str(_field(model, name).column))}"

        def table(alias: str, model: type[Model]) -> str:
            return f"{quote(model._meta.db_table)} {alias}"

        quote = connection.ops.quote_name
        columns = (
            column("t", AccessToken, "expires_at"),
            column("t", AccessToken, "revoked_at"),
            column("s", AppSecret, "revoked_at"),
            column("a", App, "id"),
            column("a", App, "name"),
            column("a", App, "app_key"),
            column("a", App, "is_active"),
            column("g", AppGrant, "grant"),
        )
        # Every name is from a model and quoted by the backend; the digest is a parameter. Short
        # aliases and a named parameter, because Django searches the text for %s on SQLite.
        self.sql = (
            f"SELECT {', '.join(columns)} FROM {table('t', AccessToken)}"  # noqa: S608
            f" INNER JOIN {table('s', AppSecret)}"
            f" ON {column('s', AppSecret, 'id')} = {column('t', AccessToken, 'secret')}"
            f" INNER JOIN {table('a', App)}"
            f" ON {column('a', App, 'id')} = {column('t', AccessToken, 'app')}"
            f" LEFT OUTER JOIN {table('g', AppGrant)}"
            f" ON {column('g', AppGrant, 'app')} = {column('a', App, 'id')}"
            f" WHERE {column('t', AccessToken, 'digest')} = %(digest)s"
        )
        self._expires_at = _field(AccessToken, "expires_at").get_col(AccessToken._meta.db_table)
        # What makes Python's value of a raw one, as the backend has it: on SQLite, of text.
        self._converters = connection.ops.get_db_converters(self._expires_at)

    def fetch(self, connection: BaseDatabaseWrapper, digest: str) -> Rows:
        """The rows for a token, one for each grant of its app; `expires_at` is converted."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, {"digest": digest})
            rows: Rows = cursor.fetchall()
        if not rows or not self._converters:
            return rows
        expires_at, *others = rows[0]
        for convert in self._converters:
            expires_at = convert(expires_at, self._expires_at, connection)
        return [(expires_at, *others), *rows[1:]]


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    field = model._meta.get_field(name)
    assert isinstance(field, Field)  # noqa: S101 - for the type checker
    return field


# Which converters there are depends on USE_TZ.
_statements: dict[tuple[str, str, bool], _Statement] = {}


def _fetch(alias: str, digest: str) -> Rows:
    connection = connections[alias]
    key = (alias, connection.vendor, settings.USE_TZ)
    statement = _statements.get(key)
    if statement is None:
        statement = _statements[key] = _Statement(connection)
    return statement.fetch(connection, digest)

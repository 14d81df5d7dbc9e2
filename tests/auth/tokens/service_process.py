"""A process of a service that checks tokens, driven from a test through a pipe."""

# ruff: noqa: PLC0415 - most of it needs settings, and those come from the test

import multiprocessing
import os
import time

from eaglet.exceptions import ExpiredAccessToken, InvalidAccessToken

BASE = {
    "SECRET_KEY": "processes",
    "USE_TZ": True,
    "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    "INSTALLED_APPS": ["eaglet.auth"],
}
DEATH = 9


class ServiceProcess:
    """Another process; `process.verify(token)` calls the function of that name below in it."""

    def __init__(self, **settings):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(settings, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def __getattr__(self, name):
        if name.startswith("_") or name not in globals():
            raise AttributeError(name)

        def ask(*args):
            self._pipe.send((name, args))
            result = self._pipe.recv()
            if isinstance(result, Exception):
                raise result
            return result

        return ask

    def dies_in(self, name, *args):
        """Call what does not return; gives back the exit code."""
        self._pipe.send((name, args))
        self._process.join(120)
        return self._process.exitcode

    def end(self):
        self._process.kill()
        self._process.join()


def _serve(given, pipe):
    import django
    from django.conf import settings

    if any(entry["ENGINE"].endswith("mysql") for entry in given["DATABASES"].values()):
        import pymysql

        pymysql.install_as_MySQLdb()
    settings.configure(**{**BASE, **given})
    django.setup()
    while True:
        try:
            name, args = pipe.recv()
        except EOFError:
            return
        try:
            result = globals()[name](*args)
        except Exception as error:  # noqa: BLE001
            result = RuntimeError(f"{type(error).__name__}: {error}")
        pipe.send(result)


# What a process can be asked to do


def migrate(*args):
    from django.core.management import call_command

    call_command("migrate", "eaglet_auth", *args, verbosity=0, interactive=False)


def create_app(name, **options):
    from eaglet.auth.models import App

    created = App.objects.create_app(name, **options)
    return created.app.app_key, created.secret


def create_app_with_lifetime(name, seconds):
    return create_app(name, token_lifetime_seconds=seconds)


def issue(app_key, secret):
    from eaglet.auth.tokens.issuing import issue_access_token

    return issue_access_token(app_key, secret).token


def verify(token):
    """How it went, and how many queries it took."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from eaglet.api.security.decorator import verifier

    with CaptureQueriesContext(connection) as queries:
        outcome = _outcome(verifier(), token)
    return outcome, len(queries)


def _outcome(verifier, token):
    try:
        return sorted(verifier.verify(token).grants)
    except ExpiredAccessToken:
        return "expired"
    except InvalidAccessToken:
        return "refused"


def change(how, app_key):
    """Make a change, in autocommit; returns when it was made, by the system's monotonic clock."""
    CHANGES[how](_app(app_key))
    return time.monotonic()


def change_and_die(how, app_key):
    """Die at the moment of the commit, before anybody can be told of it."""
    from django.db import connection, transaction

    with transaction.atomic():
        connection.on_commit(lambda: os._exit(DEATH))
        CHANGES[how](_app(app_key))


def select(sql, *params):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _app(app_key):
    from eaglet.auth.models import App

    return App.objects.get(app_key=app_key)


def _switch_off(app):
    app.is_active = False
    app.save()


def _revoke_token(app):
    app.tokens.get().revoke()


def _grant_less(app):
    grant = app.grants.get()
    grant.grant = "demo.data:get"
    grant.save()


def _grant_nothing(app):
    app.grants.all().delete()


CHANGES = {
    "revoke the token": _revoke_token,
    "revoke the secret": lambda app: app.secrets.get().revoke(),
    "revoke all its tokens": lambda app: app.revoke_tokens(),
    "switch off": _switch_off,
    "switch off by update": lambda app: type(app).objects.filter(pk=app.pk).update(is_active=False),
    "delete the app": lambda app: app.delete(),
    "delete the secret": lambda app: app.secrets.get().delete(),
    "delete the token": lambda app: app.tokens.get().delete(),
    "delete the tokens": lambda app: app.tokens.all().delete(),
    "grant less": _grant_less,
    "grant nothing": _grant_nothing,
}
AFTERWARDS = {"grant less": ["demo.data:get"], "grant nothing": []}
"""What `verify` tells after a change; "refused" after the others."""

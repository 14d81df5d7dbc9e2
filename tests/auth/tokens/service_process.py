"""A process of a service that issues and checks tokens."""

# ruff: noqa: PLC0415 - most of it needs settings, and those come from the test

import os
import time
from collections import Counter

from django.utils import timezone

from eaglet.exceptions import ExpiredAccessToken, InvalidAccessToken
from tests.system.driven_process import DrivenProcess, migrate

__all__ = ["ServiceProcess", "migrate"]

BASE = {
    "SECRET_KEY": "processes",
    "USE_TZ": True,
    "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    "INSTALLED_APPS": ["eaglet.auth"],
}
DEATH = 9


class ServiceProcess(DrivenProcess):
    module = __name__


# What a process can be asked to do


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


def guess(app_key, times):
    """Ask for tokens with a wrong secret; how often each status was answered."""
    from django.test import Client

    body = f"grant_type=client_credentials&client_id={app_key}&client_secret=guess"
    form = "application/x-www-form-urlencoded"
    answers = (Client().post("/oauth/token/", body, content_type=form) for _ in range(times))
    return Counter(answer.status_code for answer in answers)


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
    "revoke the secret by update": lambda app: app.secrets.update(revoked_at=timezone.now()),
    "delete the app": lambda app: app.delete(),
    "delete the apps": lambda app: type(app).objects.filter(pk=app.pk).delete(),
    "delete the secret": lambda app: app.secrets.get().delete(),
    "delete the token": lambda app: app.tokens.get().delete(),
    "delete the tokens": lambda app: app.tokens.all().delete(),
    "grant less": _grant_less,
    "grant nothing": _grant_nothing,
}
AFTERWARDS = {"grant less": ["demo.data:get"], "grant nothing": []}
"""What `verify` tells after a change; "refused" after the others."""
ENDS = sorted(CHANGES.keys() - AFTERWARDS.keys())

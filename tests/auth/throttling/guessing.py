"""A process of a service that is sent wrong secrets, run with its settings in JSON.

    python -m tests.auth.throttling.guessing SETTINGS migrate
    python -m tests.auth.throttling.guessing SETTINGS guess APP_KEY TIMES

The latter prints how often each status was answered, as JSON.
"""

import json
import sys
from collections import Counter

import django
from django.conf import settings

BASE = {
    "SECRET_KEY": "guessing",
    "USE_TZ": True,
    "ALLOWED_HOSTS": ["*"],
    "INSTALLED_APPS": ["rest_framework", "eaglet.api", "eaglet.auth"],
    "ROOT_URLCONF": "eaglet.api.urls",
    "EAGLET_ISSUE_TOKENS": True,
    "EAGLET_TOKEN_FAILURE_RATE": "20/day",
    "LOGGING": {"version": 1, "loggers": {"django.request": {"level": "CRITICAL"}}},
}


def main(given, what, *args):
    given = json.loads(given)
    if given["DATABASES"]["default"]["ENGINE"].endswith("mysql"):
        import pymysql  # noqa: PLC0415 - the other databases do without

        pymysql.install_as_MySQLdb()
    settings.configure(**BASE, **given)
    django.setup()
    {"migrate": migrate, "guess": guess}[what](*args)


def migrate():
    from django.core.management import call_command  # noqa: PLC0415 - needs the settings

    call_command("migrate", verbosity=0)


def guess(app_key, times):
    from django.test import Client  # noqa: PLC0415 - needs the settings

    form = {"grant_type": "client_credentials", "client_id": app_key, "client_secret": "guess"}
    body = "&".join(f"{name}={value}" for name, value in form.items())
    client = Client()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    statuses = Counter(
        client.post(
            "/oauth/token/", body, content_type="application/x-www-form-urlencoded"
        ).status_code
        for _ in range(int(times))
    )
    sys.stdout.write(json.dumps(statuses))


if __name__ == "__main__":
    main(*sys.argv[1:])

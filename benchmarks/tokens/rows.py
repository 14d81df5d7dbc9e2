"""A table full of access tokens, for the benchmarks that need one."""

import datetime

ROWS_AT_ONCE = 100_000

# Numbers from 0, and random digests, by each database itself: the ORM would take minutes.
NUMBERS = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
    " SELECT i FROM n)",
    "postgresql": "generate_series(0, {last}) AS n(i)",
    "mysql": "(SELECT seq AS i FROM seq_0_to_{last}) AS n",
}
DIGEST = {
    "sqlite": "lower(hex(randomblob(32)))",
    "postgresql": "md5(random()::text) || md5(random()::text)",
    "mysql": "sha2(concat(rand(), uuid()), 256)",
}


def fill(app_key: str, count: int, *, expired: bool) -> None:
    """Store tokens of an app, dead or good for an hour to come, that nobody knows."""
    from django.db import connection
    from django.utils import timezone

    from eaglet.auth.models import AccessToken, AppSecret

    secret = AppSecret.objects.get(app__app_key=app_key)
    now = timezone.now()
    first = now - datetime.timedelta(days=1) if expired else now + datetime.timedelta(hours=1)
    for start in range(0, count, ROWS_AT_ONCE):
        last = min(ROWS_AT_ONCE, count - start) - 1
        expires_at = first + datetime.timedelta(seconds=start // ROWS_AT_ONCE)
        to_database = connection.ops.adapt_datetimefield_value
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {AccessToken._meta.db_table}"
                " (digest, app_id, secret_id, created_at, expires_at)"
                f" SELECT {DIGEST[connection.vendor]}, %s, %s, %s, %s"
                f" FROM {NUMBERS[connection.vendor].format(last=last)}",
                [secret.app_id, secret.pk, to_database(now), to_database(expires_at)],
            )


def empty() -> None:
    """Drop every token and app."""
    from django.db import connection, models

    from eaglet.auth.models import AccessToken, App

    models.QuerySet(AccessToken)._raw_delete(using="default")
    App.objects.all().delete()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {AccessToken._meta.db_table}")

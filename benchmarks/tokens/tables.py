"""Job B with a million stored tokens against a thousand.

    python -m benchmarks.tokens.tables [ROWS] [ROUNDS]
    python -m tests.system.servers --only postgresql,mariadb -- python -m benchmarks.tokens.tables

Both tables are of one server, in a database (SQLite: a file) each; the database is asked at each
request. On servers the wall clock tells more, as their work is not in this process's CPU time.
"""

import sys
import tempfile
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

from benchmarks import job_b
from benchmarks.rounds import compare
from benchmarks.services import database_urls, migrate, set_up
from benchmarks.tokens.rows import empty, fill

FEW = 1000
REQUESTS_A_ROUND = 100


def make_table(url: str, rows: int, pipe: Connection) -> None:
    set_up(url)
    migrate()
    empty()
    from django.db import connection

    from eaglet.auth.models import AccessToken, App
    from eaglet.auth.tokens.issuing import issue_access_token

    created = App.objects.create_app("caller")
    fill(created.app.app_key, rows, expired=False)
    with connection.cursor() as cursor:
        table = AccessToken._meta.db_table
        analyze = {"mysql": f"ANALYZE TABLE {table}"}.get(connection.vendor, f"ANALYZE {table}")
        cursor.execute(analyze)
    pipe.send(issue_access_token(created.app.app_key, created.secret).token)


def make_database(url: str, name: str, pipe: Connection) -> None:
    """Make a database beside the one a URL names; answers with its URL."""
    set_up(url)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    pipe.send(urlsplit(url)._replace(path=f"/{name}").geturl())


def prepare(contestant: str, urls: dict[str, str], tokens: dict[str, str]) -> Callable[[], bytes]:
    headers = {"eaglet": f"Bearer {tokens[contestant]}"}
    return job_b.prepare("eaglet asking", urls[contestant], headers)


def in_a_process(target: Callable[..., None], *args: object) -> str:
    context = get_context("spawn")
    pipe, theirs = context.Pipe()
    process = context.Process(target=target, args=(*args, theirs))
    process.start()
    theirs.close()  # so that waiting for one that has died is an error
    result: str = pipe.recv()
    process.join()
    return result


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 150
    with tempfile.TemporaryDirectory() as folder:
        for name, url in database_urls(folder).items():
            if name == "sqlite":
                second = f"{url}-{rows}"
            else:
                second = in_a_process(make_database, url, f"tokens_{rows}")
            urls = {f"{FEW} tokens": url, f"{rows} tokens": second}
            tokens = {}
            for (contestant, its_url), count in zip(urls.items(), (FEW, rows), strict=True):
                tokens[contestant] = in_a_process(make_table, its_url, count)
            print(f"\n{name}")
            compare(prepare, list(urls), urls, tokens, rounds=rounds, repeats=REQUESTS_A_ROUND)


if __name__ == "__main__":
    main()

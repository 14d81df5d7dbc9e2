"""What it takes to delete a million dead tokens, while others go on issuing.

    python -m benchmarks.tokens.pruning [ROWS]
    python -m tests.system.servers --only postgresql,mariadb -- python -m benchmarks.tokens.pruning

Fills the table, then runs `manage.py prune_tokens`'s batches in one process while another issues
tokens without a pause, and tells the longest statement of the one and the longest issue of the
other, by the wall clock. What issuing takes with nobody pruning is measured before.
"""

import statistics
import sys
import tempfile
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection

from benchmarks.services import database_urls, migrate, set_up
from benchmarks.tokens.rows import empty, fill

QUIET_SECONDS = 5.0


def issue_until_told(url: str, app_key: str, secret: str, pipe: Connection) -> None:
    """Issue tokens; whenever something is sent, answer with what each has taken since."""
    set_up(url)
    from eaglet.auth.tokens.issuing import issue_access_token

    taken: list[float] = []
    issue_access_token(app_key, secret)
    pipe.send("issuing")
    while True:
        if pipe.poll():
            if not pipe.recv():
                return
            pipe.send(taken)
            taken = []
        began = time.perf_counter()
        issue_access_token(app_key, secret)
        taken.append(time.perf_counter() - began)


class Timed:
    """An execute_wrapper that remembers the longest statement."""

    def __init__(self) -> None:
        self.longest, self.sql = 0.0, ""

    def __call__(self, execute, sql, params, many, context):
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            taken = time.perf_counter() - began
            if taken > self.longest:
                self.longest, self.sql = taken, sql.partition("(")[0][:60]


def run(name: str, url: str, rows: int, pipe: Connection) -> None:
    set_up(url)
    migrate()
    from django.db import connection

    from eaglet.auth.models import App
    from eaglet.auth.tokens.pruning import prune

    empty()
    created = App.objects.create_app("caller")
    began = time.perf_counter()
    fill(created.app.app_key, rows, expired=True)
    print(f"\n{name}: {rows} dead rows written in {time.perf_counter() - began:.0f} s", flush=True)
    pipe.send((created.app.app_key, created.secret))
    pipe.recv()
    timed = Timed()
    batches = []
    began = time.perf_counter()
    with connection.execute_wrapper(timed):
        for batch in prune("default"):
            batches.append(batch)
    seconds = time.perf_counter() - began
    deleted = sum(batches)
    print(
        f"{name}: {deleted} rows deleted in {seconds:.1f} s ({deleted / seconds:.0f} a second);"
        f" the longest statement {timed.longest * 1000:.0f} ms ({timed.sql})",
        flush=True,
    )
    pipe.send("done")


def tell(name: str, when: str, taken: list[float]) -> None:
    percentile = statistics.quantiles(taken, n=1000)
    print(
        f"{name}: issuing {when}: {len(taken)} tokens, median"
        f" {statistics.median(taken) * 1000:.1f} ms, 99.9 % {percentile[-1] * 1000:.0f} ms,"
        f" longest {max(taken) * 1000:.0f} ms",
        flush=True,
    )


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    context = get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        for name, url in database_urls(folder).items():
            pruner, theirs = context.Pipe()
            context.Process(target=run, args=(name, url, rows, theirs), daemon=True).start()
            theirs.close()  # so that waiting for one that has died is an error
            credentials = pruner.recv()
            issuer, theirs = context.Pipe()
            given = (url, *credentials, theirs)
            context.Process(target=issue_until_told, args=given, daemon=True).start()
            theirs.close()
            issuer.recv()
            time.sleep(QUIET_SECONDS)
            issuer.send(True)
            tell(name, "with nobody pruning", issuer.recv())
            pruner.send(True)
            pruner.recv()
            issuer.send(True)
            tell(name, "meanwhile", issuer.recv())
            issuer.send(False)


if __name__ == "__main__":
    main()

"""Metrics: declared with prometheus_client, read together."""

import logging
import os
import subprocess
import sys

from prometheus_client import Gauge

from eaglet.observability import metrics

LEVEL = Gauge("eaglet_test_level", "A test's.")


def test_a_gauge_may_be_set_when_it_is_read(monkeypatch, caplog):
    monkeypatch.setattr(metrics, "_before_collecting", [])

    def fails():
        raise RuntimeError("no database")

    metrics.before_collecting(fails)
    metrics.before_collecting(lambda: LEVEL.set(77))
    assert "eaglet_test_level 77.0" in metrics.exposition()[0].decode()
    assert "no database" in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


SEVERAL = """
import os
from prometheus_client import Counter, Gauge
from eaglet.observability import metrics
counted = Counter("eaglet_a", "")
level = Gauge("eaglet_b", "", multiprocess_mode="max")
for number in (1, 2):
    if (child := os.fork()) == 0:
        counted.inc(number)
        level.set(number)
        os._exit(0)
    os.waitpid(child, 0)
print(metrics.exposition()[0].decode())
"""


def run(program, **environment):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def test_the_counts_of_several_processes_are_read_together(tmp_path):
    text = run(SEVERAL, PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    assert "eaglet_a_total 3.0" in text
    assert "eaglet_b 2.0" in text

"""Metrics: declared with prometheus_client, read together."""

import logging
import os
import subprocess
import sys

from prometheus_client import Counter, Gauge, Histogram

from eaglet.observability import metrics

COUNTED = Counter("eaglet_test_counted", "A test's.", ("kind",))
LEVEL = Gauge("eaglet_test_level", "A test's.")
TAKEN = Histogram("eaglet_test_taken_seconds", "A test's.", ("kind",), buckets=metrics.SECONDS)


def exposed():
    return metrics.exposition()[0].decode()


def test_a_counter_counts_by_label():
    COUNTED.labels("one").inc()
    COUNTED.labels("two").inc(3)
    assert 'eaglet_test_counted_total{kind="one"} 1.0' in exposed()
    assert 'eaglet_test_counted_total{kind="two"} 3.0' in exposed()


def test_a_gauge_goes_up_and_down():
    LEVEL.set(5)
    LEVEL.inc()
    LEVEL.dec(2)
    assert "eaglet_test_level 4.0" in exposed()


def test_a_histogram_counts_in_its_buckets():
    TAKEN.labels("x").observe(0.002)
    assert 'eaglet_test_taken_seconds_bucket{kind="x",le="0.001"} 0.0' in exposed()
    assert 'eaglet_test_taken_seconds_bucket{kind="x",le="0.0025"} 1.0' in exposed()


def test_the_media_type_is_that_of_prometheus_text():
    assert metrics.exposition()[1].startswith("text/plain; version=0.0.4")


def test_a_gauge_may_be_set_when_it_is_read(monkeypatch, caplog):
    monkeypatch.setattr(metrics, "_before_collecting", [])

    def fails():
        raise RuntimeError("no database")

    metrics.before_collecting(fails)
    metrics.before_collecting(lambda: LEVEL.set(77))
    assert "eaglet_test_level 77.0" in exposed()
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

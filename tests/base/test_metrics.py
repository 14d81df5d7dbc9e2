"""What is counted, with prometheus_client and without it."""

import logging
import os
import subprocess
import sys

import pytest

from eaglet.observability import metrics

COUNTED = metrics.counter("eaglet_test_counted", "A test's.", ("kind",))
LEVEL = metrics.gauge("eaglet_test_level", "A test's.")
TAKEN = metrics.histogram("eaglet_test_taken_seconds", "A test's.", ("kind",))


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


@pytest.mark.parametrize("declare", [metrics.counter, metrics.gauge, metrics.histogram])
def test_a_name_that_is_not_of_eaglet_is_refused(declare):
    with pytest.raises(ValueError, match="eaglet_"):
        declare("calls", "Not ours.")


def test_a_gauge_may_be_set_when_it_is_read(monkeypatch, caplog):
    monkeypatch.setattr(metrics, "_before_collecting", [])

    def fails():
        raise RuntimeError("no database")

    metrics.before_collecting(fails)
    metrics.before_collecting(lambda: LEVEL.set(77))
    assert "eaglet_test_level 77.0" in exposed()
    assert "no database" in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


WITHOUT = """
import sys
sys.modules["prometheus_client"] = None
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: None if name == "prometheus_client" else found(name, *a)
from eaglet.observability import metrics
assert not metrics.ENABLED
metrics.counter("eaglet_a", "", ("b",)).labels("c").inc()
gauge = metrics.gauge("eaglet_b", "", ("b",)).labels("c")
gauge.set(1), gauge.inc(), gauge.dec(2)
metrics.histogram("eaglet_c", "").observe(1.5)
metrics.before_collecting(lambda: 1 / 0)
try:
    metrics.exposition()
except LookupError as error:
    print(error)
"""

SEVERAL = """
import os
from eaglet.observability import metrics
counted = metrics.counter("eaglet_a", "")
level = metrics.gauge("eaglet_b", "", mode="max")
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


def test_without_prometheus_everything_does_nothing_and_reading_says_what_to_install():
    assert "pip install 'eaglet[metrics]'" in run(WITHOUT)


def test_the_counts_of_several_processes_are_read_together(tmp_path):
    text = run(SEVERAL, PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    assert "eaglet_a_total 3.0" in text
    assert "eaglet_b 2.0" in text

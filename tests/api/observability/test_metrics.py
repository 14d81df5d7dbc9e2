"""/metrics: who may see it, and what is counted of the calls of resources."""

import logging
import re

import pytest
from prometheus_client import Gauge, generate_latest

from eaglet.api import ApiError, access_token_required
from eaglet.observability import metrics

COUNT = re.compile(r"^eaglet_api_call_seconds_count(\{.*\}) (\S+)$", re.MULTILINE)
LEVEL = Gauge("eaglet_test_level", "A test's.")

COUNTED_IN_FILES = """
import django
django.setup()
from django.http import HttpResponse
from eaglet.api.observability.calls import count
count("shop", "item", "GET", HttpResponse(), 0.1)
from prometheus_client import CollectorRegistry, generate_latest, multiprocess
files = CollectorRegistry()
multiprocess.MultiProcessCollector(files)
print(generate_latest(files).decode())
"""


@pytest.fixture
def counted(client, settings):
    settings.EAGLET_CONSOLE = True

    def counted():
        return {
            tuple(re.findall(r'"(.*?)"', labels)): float(count)
            for labels, count in COUNT.findall(client.get("/metrics").content.decode())
        }

    before = counted()
    return lambda: {
        labels: count - before.get(labels, 0)
        for labels, count in counted().items()
        if count != before.get(labels, 0)
    }


def raises(error):
    def get(args):
        raise error

    return get


# In the order of the names of the labels.
@pytest.mark.usefixtures("declared", "path_taken", "verifier")
@pytest.mark.parametrize(
    ("handler", "status", "outcome"),
    [
        (lambda args: 1, "200", "answered"),
        (lambda args: (404, "none"), "200", "refused"),
        (raises(ApiError("no", 1001)), "200", "refused"),
        (raises(RuntimeError()), "500", "failed"),
        (access_token_required()(lambda args: 1), "401", "refused"),
    ],
    ids=["value", "code", "refusal", "fault", "no-token"],
)
def test_a_call_is_counted_by_what_came_of_it(client, declare, counted, handler, status, outcome):
    declare(get=handler)
    for _ in range(2):
        client.get("/shop/item/")
    assert counted() == {("shop", "GET", outcome, "item", status): 2}


@pytest.mark.usefixtures("declared")
def test_a_tunnelled_verb_is_counted_as_itself(client, declare, counted):
    declare(put=lambda args: 1)
    client.post("/shop/item/?_method=put")
    assert counted() == {("shop", "PUT", "answered", "item", "200"): 1}


@pytest.mark.usefixtures("declared")
def test_no_label_is_of_the_callers_choice(client, declare, counted):
    declare(get=lambda args: 1)
    client.get("/made/up/")
    client.generic("MADEUP", "/shop/item/")
    assert counted() == {
        ("", "GET", "refused", "", "404"): 1,
        ("shop", "other", "refused", "item", "405"): 1,
    }


@pytest.mark.parametrize(("debug", "status"), [(True, 200), (False, 403)])
@pytest.mark.django_db
def test_metrics_are_open_with_debug_and_else_to_staff(
    client, settings, admin_client, debug, status
):
    settings.DEBUG = debug
    response = client.get("/metrics")
    assert response.status_code == status
    assert (b"eaglet_api_call_seconds" in response.content) == (status == 200)
    assert admin_client.get("/metrics").status_code == 200


@pytest.mark.usefixtures("declared")
def test_an_exporter_of_the_projects_own_tells_each_call(client, declare):
    declare(get=lambda args: 1, resource="exported")
    client.get("/shop/exported/")
    told = COUNT.findall(generate_latest().decode())
    assert [count for labels, count in told if '"exported"' in labels] == ["1.0"]


def test_each_call_is_in_the_files_that_processes_share(tmp_path, run_python):
    """Nothing waits in a process whose files another one reads."""
    ended = run_python(
        COUNTED_IN_FILES,
        DJANGO_SETTINGS_MODULE="tests.settings",
        PROMETHEUS_MULTIPROC_DIR=str(tmp_path),
    )
    assert [count for _labels, count in COUNT.findall(ended.stdout)] == ["1.0"]


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


def test_the_counts_of_several_processes_are_read_together(tmp_path, run_python):
    text = run_python(SEVERAL, PROMETHEUS_MULTIPROC_DIR=str(tmp_path)).stdout
    assert "eaglet_a_total 3.0" in text
    assert "eaglet_b 2.0" in text


def test_a_gauge_may_be_set_when_it_is_read(monkeypatch, caplog):
    monkeypatch.setattr(metrics, "_before_collecting", [])

    def fails():
        raise RuntimeError("no database")

    metrics.before_collecting(fails)
    metrics.before_collecting(lambda: LEVEL.set(77))
    assert "eaglet_test_level 77.0" in metrics.exposition()[0].decode()
    assert "no database" in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_gauges_of_processes_that_have_died_are_gone(tmp_path, run_python):
    program = """
import os, sys
from prometheus_client import Gauge
gauge = Gauge("eaglet_test_state", "", multiprocess_mode="livemax")
if not os.fork():
    gauge.set(2)
    os._exit(0)
os.wait()
gauge.set(1)
from eaglet.observability.metrics import exposition
print(exposition()[0].decode())
"""
    finished = run_python(program, PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    assert "eaglet_test_state 1.0" in finished.stdout, finished.stderr

"""What the embedded broker refuses, and what it says."""

import os
import shutil
import sqlite3
import subprocess
import sys

import kombu
import pytest
from kombu.exceptions import OperationalError

from eaglet.tasks.embedded import database
from tests.tasks.processes import ROOT

from .test_messages import publish, taken


def refused(connect, saying, url=None):
    connection = connect(url, transport_options={"max_retries": 0})
    with pytest.raises(OSError, match=saying) as caught:
        # What connect() calls; that waits two seconds and tries again.
        connection.transport.establish_connection()
    assert isinstance(caught.value, connection.connection_errors)


def test_an_empty_folder_that_others_may_enter_is_closed_to_them(path, connect):
    path.mkdir()
    path.chmod(0o755)
    connect().connect()
    assert path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o750, 0o701])
def test_a_folder_with_something_in_it_that_others_may_enter_is_refused(path, connect, mode):
    path.mkdir()
    (path / "index.html").touch()
    path.chmod(mode)
    refused(connect, f"{path}.*open to others.*chmod 700")
    assert path.stat().st_mode & 0o777 == mode
    assert os.listdir(path) == ["index.html"]


def test_a_folder_of_another_user_is_refused(path, connect, monkeypatch):
    path.mkdir(0o700)
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    refused(connect, f"belongs to the user {own}.*EAGLET_QUEUE_DIR")
    assert os.listdir(path) == []


def test_no_symbolic_link_is_followed(path, connect, another_process):
    elsewhere = path.with_name("elsewhere")
    elsewhere.mkdir(0o700)
    path.symlink_to(elsewhere)
    refused(connect, "symbolic link")
    path.unlink()
    path.mkdir(0o700)
    for name in ("owners.lock", "queue.sqlite3"):
        another_process()
        (path / name).symlink_to(elsewhere / "file")
        refused(connect, f"{path}.*EAGLET_QUEUE_DIR|{path}.*see to")
        (path / name).unlink()
    assert os.listdir(elsewhere) == []


def test_a_file_in_place_of_the_folder_or_above_it_is_refused(path, connect):
    path.touch()
    refused(connect, "is a file")
    refused(connect, f"{path}/below", f"eaglet://{path}/below")


def test_a_folder_that_holds_messages_of_the_folder_broker_is_refused_and_left(path, connect):
    message = path / "queues" / "q" / "00001"
    message.parent.mkdir(0o700, parents=True)
    path.chmod(0o700)
    message.touch()
    refused(connect, "holds messages of eaglet before 0.2")
    assert [file.name for file in path.rglob("*")] == ["queues", "q", "00001"]
    message.unlink()
    connect().connect()


def test_a_network_file_system_is_refused(connect, monkeypatch):
    monkeypatch.setattr(database, "_file_system", lambda device: "nfs4")
    refused(connect, r"network file system \(nfs4\)")


def test_the_file_system_of_a_folder_is_known():
    assert database._file_system(os.stat("/proc").st_dev) == "proc"


def test_a_sqlite_that_is_too_old_is_refused(connect, monkeypatch, path):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    refused(connect, "SQLite 3.35 is needed.*CELERY_BROKER_URL")
    assert not path.exists()


@pytest.mark.parametrize("what", ["no database", "another program's"])
def test_a_file_that_is_not_this_broker_s_is_refused_and_left(path, connect, what):
    path.mkdir(0o700)
    file = path / "queue.sqlite3"
    if what == "no database":
        file.write_bytes(b"somebody's notes " * 100)
    else:
        with sqlite3.connect(file) as database:
            database.execute("CREATE TABLE notes (note TEXT)")
        database.close()
    before = file.read_bytes()
    refused(connect, "not a database.*move it away")
    assert file.read_bytes() == before


FILL = """
import resource, sys, kombu, eaglet.tasks
with kombu.Connection(sys.argv[1]) as connection:
    producer, sent = connection.Producer(), 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
    try:
        while True:
            producer.publish("x" * 20_000, routing_key="q")
            sent += 1
    except connection.connection_errors as error:
        print(sent, error)
"""


def test_a_disk_that_is_full_is_an_error_and_loses_nothing(path, connect):
    options = {"cwd": ROOT, "env": {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}}
    program = [sys.executable, "-c", FILL, f"eaglet://{path}"]
    said = subprocess.run(program, capture_output=True, text=True, check=True, **options).stdout
    sent, _, error = said.partition(" ")
    assert f"The queue database {path}/queue.sqlite3 can't be used" in error
    assert int(sent) > 0
    assert len(taken(connect(), "q")) == int(sent)


@pytest.mark.skipif(os.geteuid() == 0, reason="no mode keeps root from writing")
def test_a_folder_that_cannot_be_written_to_is_an_error_that_says_so(path, connect):
    connect().connect()
    (path / "queue.sqlite3").chmod(0o400)
    refused(connect, "Permission denied.*see to its folder, its disk and its rights")


@pytest.mark.parametrize("what", ["moved away", "replaced by a file", "replaced by another"])
def test_a_database_that_has_gone_is_not_made_anew_and_goes_on_when_it_is_back(
    path, connect, what, another_process
):
    connection = connect(transport_options={"max_retries": 0})
    publish(connection, "q", 1)
    message = connection.default_channel.basic_get("q")
    away = path.with_name("away")
    path.rename(away)
    if what == "replaced by a file":
        path.touch()
    if what == "replaced by another":
        code = f"import kombu, eaglet.tasks; kombu.Connection('eaglet://{path}').connect()"
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    for lost in (connection, connect(transport_options={"max_retries": 0})):
        with pytest.raises((*lost.connection_errors, OperationalError), match=r"has gone.*put"):
            publish(lost, "q", 2)
    with pytest.raises(OSError, match="has gone"), connection.Consumer([kombu.Queue("q")]):
        connection.drain_events(timeout=5)
    assert what == "replaced by another" or path.is_file() == (what == "replaced by a file")
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    away.rename(path)
    publish(connection, "q", 3)
    message.requeue()
    assert taken(connection, "q") == [1, 3]
    shutil.rmtree(path)
    another_process()
    connect().connect()


def test_a_process_that_keeps_the_database_locked_is_told_of(path, connect, monkeypatch):
    monkeypatch.setattr("eaglet.tasks.embedded.database._BUSY_SECONDS", 0.1)
    connection = connect(transport_options={"max_retries": 0})
    connection.connect()
    with sqlite3.connect(path / "queue.sqlite3") as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises((OSError, OperationalError), match="is a process that uses it stopped"):
            publish(connection, "q", 1)
    other.close()

import os
import shutil
import socket

import kombu
import pytest
from kombu.exceptions import OperationalError

from eaglet.tasks.embedded.folder import QueueFolder
from eaglet.tasks.embedded.private_folder import QueueFolderError
from eaglet.tasks.embedded.transport import Transport

from .test_channel import publish

AT_ONCE = {"transport_options": {"max_retries": 0}}


OPEN_TO_OTHERS = [0o770, 0o707, 0o750, 0o740, 0o704, 0o701]


@pytest.mark.parametrize("mode", OPEN_TO_OTHERS)
def test_an_empty_folder_that_others_may_enter_is_closed_to_them(path, mode):
    path.mkdir()
    path.chmod(mode)
    QueueFolder(path).open()
    assert path.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_messages_that_others_could_read_is_closed_to_them(path):
    QueueFolder(path).open()
    path.chmod(0o755)
    QueueFolder(path).open()
    assert path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_of_messages_that_others_could_forge_is_refused_with_what_to_do(path, mode):
    QueueFolder(path).open()
    path.chmod(mode)
    with pytest.raises(QueueFolderError, match=f"chmod 700 {path}"):
        QueueFolder(path).open()


@pytest.mark.parametrize("mode", OPEN_TO_OTHERS)
def test_a_folder_with_something_else_in_it_is_refused_and_left_as_it_is(path, mode):
    path.mkdir()
    path.joinpath("index.html").touch()
    path.chmod(mode)
    with pytest.raises(QueueFolderError, match=f"chmod 700 {path}"):
        QueueFolder(path).open()
    assert os.listdir(path) == ["index.html"]
    assert path.stat().st_mode & 0o777 == mode


def test_a_folder_of_another_user_is_refused_with_what_to_do(path, monkeypatch):
    path.mkdir(0o700)
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    with pytest.raises(QueueFolderError, match=f"belongs to the user {own}.*EAGLET_QUEUE_DIR"):
        QueueFolder(path).open()
    assert os.listdir(path) == []


def test_a_file_in_place_of_the_folder_is_refused_with_what_to_do(path):
    path.touch()
    with pytest.raises(QueueFolderError, match="is a file: move it away"):
        QueueFolder(path).open()


def test_a_file_among_the_parents_is_an_error_that_names_the_folder(path):
    path.parent.joinpath("file").touch()
    with pytest.raises(QueueFolderError, match="file/queue"):
        QueueFolder(path.parent / "file" / "queue").open()


def test_a_folder_that_was_deleted_is_not_made_anew_by_those_who_knew_it(folder, another_process):
    shutil.rmtree(folder.path)
    with pytest.raises(QueueFolderError, match=f"has gone.*mkdir -m 700 {folder.path}"):
        QueueFolder(folder.path).open()
    another_process()
    QueueFolder(folder.path).open()


def test_connecting_writes_to_the_folder_to_see_whether_it_can(path, connect, monkeypatch):
    QueueFolder(path).open()

    def write(fd, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(OSError, match="No space left on device"):
        connect().connect()
    monkeypatch.undo()
    connect().connect()
    assert os.listdir(path / "tmp") == []


@pytest.mark.parametrize("what", ["moved away", "replaced by a file", "in place of its queues"])
def test_publishing_into_a_folder_that_is_not_there_is_a_connection_error(path, connect, what):
    connection = connect(**AT_ONCE)
    publish(connection, "q", 1)
    away = path.with_name("away")
    if what == "in place of its queues":
        (path / "queues").rename(away)
        (path / "queues").touch()
    else:
        path.rename(away)
        if what == "replaced by a file":
            path.touch()
    with pytest.raises(connection.connection_errors, match=str(path)):
        publish(connection, "q", 2)
    if what != "in place of its queues":
        with pytest.raises(OperationalError, match=str(path)):
            publish(connect(**AT_ONCE), "q", 3)
        path.unlink(missing_ok=True)
        away.rename(path)
    else:
        (path / "queues").unlink()
        away.rename(path / "queues")
    publish(connection, "q", 4)
    assert QueueFolder(path).size("q") == 2


def test_consuming_from_a_folder_that_is_not_there_is_a_connection_error(path, connect):
    connection = connect()
    queue = kombu.Queue("q", no_declare=True)
    with connection.Consumer([queue], callbacks=[print]):
        with pytest.raises(socket.timeout):
            connection.drain_events(timeout=0.01)
        path.rename(path.with_name("away"))
        with pytest.raises(OSError, match="has gone") as caught:
            connection.drain_events(timeout=5)
        assert isinstance(caught.value, Transport.connection_errors)
        assert not isinstance(caught.value, socket.timeout)


def test_a_folder_that_was_replaced_by_another_is_noticed(path, connect, another_process):
    connection = connect()
    with connection.Consumer([kombu.Queue("q", no_declare=True)], callbacks=[print]):
        with pytest.raises(socket.timeout):
            connection.drain_events(timeout=0.01)
        path.rename(path.with_name("away"))
        another_process()
        QueueFolder(path).open()
        with pytest.raises(OSError, match="has gone"):
            connection.drain_events(timeout=5)


def test_what_was_in_flight_when_the_folder_went_comes_again_when_it_is_back(path, connect):
    connection = connect()
    publish(connection, "q", 1)
    message = connection.default_channel.basic_get("q")
    away = path.with_name("away")
    path.rename(away)
    with pytest.raises(OSError, match="has gone"):
        message.ack()
    connection.close()
    away.rename(path)
    message = connect().default_channel.basic_get("q")
    assert message.payload == 1
    assert message.delivery_info["redelivered"]

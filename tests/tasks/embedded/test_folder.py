import logging
import os
import stat
import time

import pytest

from eaglet.tasks.embedded.folder import QueueFolder, QueueFolderError


@pytest.fixture
def holder(folder):
    holder = os.path.join(folder.inflight, "somebody", "queue")
    os.makedirs(holder)
    return holder


def contents(folder, queue, holder):
    found = []
    while (taken := folder.take(queue, holder)) is not None:
        found.append(folder.read(taken))
        folder.finish(taken)
    return found


def everything_below(path):
    for parent, folders, files in os.walk(path):
        yield parent
        yield from (os.path.join(parent, name) for name in [*folders, *files])


def test_messages_come_in_the_order_they_were_put_in(folder, holder):
    sent = [f"{number}".encode() for number in range(300)]
    for content in sent:
        folder.put("q", content)
    assert contents(folder, "q", holder) == sent


def test_what_is_put_in_after_the_listing_is_found_once_the_listing_runs_out(folder, holder):
    folder.put("q", b"1")
    folder.put("q", b"2")
    folder.finish(folder.take("q", holder))
    folder.put("q", b"3")
    assert contents(folder, "q", holder) == [b"2", b"3"]


def test_what_others_took_is_passed_over(folder, path, holder):
    for number in range(10):
        folder.put("q", b"%d" % number)
    folder.finish(folder.take("q", holder))
    other = QueueFolder(path)
    for _ in range(8):
        other.finish(other.take("q", holder))
    assert contents(folder, "q", holder) == [b"9"]


def test_what_is_given_back_comes_first_and_marked(folder, holder):
    for content in (b"1", b"2", b"3"):
        folder.put("q", content)
    first = folder.take("q", holder)
    assert not first.redelivered
    folder.give_back(first)
    again = folder.take("q", holder)
    assert (folder.read(again), again.redelivered) == (b"1", True)
    folder.give_back(again)
    assert folder.take("q", holder).name == again.name


def test_others_see_what_is_given_back_first_too(folder, path, holder):
    folder.put("q", b"1")
    folder.put("q", b"2")
    folder.give_back(folder.take("q", holder))
    assert contents(QueueFolder(path), "q", holder) == [b"1", b"2"]


def test_an_old_listing_is_made_anew(folder, path, holder, monkeypatch):
    folder.put("q", b"1")
    early = folder.take("q", holder)
    folder.put("q", b"2")
    folder.put("q", b"3")
    folder.finish(folder.take("q", holder))
    QueueFolder(path).give_back(early)
    now = time.monotonic() + 10
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert contents(folder, "q", holder) == [b"1", b"3"]


def test_a_message_that_is_being_written_is_not_to_be_seen(folder, holder, monkeypatch):
    seen = []
    write = os.write

    def write_little(fd, content):
        seen.append(folder.take("q", holder))
        return write(fd, bytes(content)[:1])

    monkeypatch.setattr(os, "write", write_little)
    folder.put("q", b"four")
    monkeypatch.undo()
    assert seen == [None] * 4
    assert contents(folder, "q", holder) == [b"four"]


def test_a_disk_that_is_full_is_said_so_and_leaves_nothing(folder, monkeypatch):
    def write(fd, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(QueueFolderError, match="No space left on device"):
        folder.put("q", b"content")
    assert os.listdir(folder.tmp) == []
    assert folder.size("q") == 0


def test_everything_is_private(path):
    umask = os.umask(0)
    try:
        folder = QueueFolder(path.parent / "new" / "parents" / "queue")
        folder.open()
        folder.put("q", b"content")
    finally:
        os.umask(umask)
    modes = {
        stat.S_IMODE(os.lstat(found).st_mode) for found in everything_below(path.parent / "new")
    }
    assert modes == {0o700, 0o600}


def test_what_dead_publishers_were_writing_is_removed_when_it_is_old(folder):
    for name, age in (("dead", 1000), ("writing", 5)):
        file = os.path.join(folder.tmp, name)
        with open(file, "wb"):
            os.utime(file, (time.time() - age,) * 2)
    folder.remove_stale_files()
    assert os.listdir(folder.tmp) == ["writing"]


def test_what_is_missing_inside_is_made_again(folder, holder):
    for name in os.listdir(folder.path):
        if name != "inflight":
            os.rename(os.path.join(folder.path, name), folder.path + name)
    folder.put("q", b"content")
    assert contents(folder, "q", holder) == [b"content"]


@pytest.mark.parametrize("what", ["a folder", "a pipe", "a link"])
def test_what_is_no_file_cannot_be_read_and_keeps_nobody_waiting(folder, holder, what):
    folder.put("q", b"content")
    (name,) = os.listdir(folder.queue_path("q"))
    file = os.path.join(folder.queue_path("q"), name)
    os.unlink(file)
    if what == "a folder":
        os.mkdir(file)
    elif what == "a pipe":
        os.mkfifo(file)
    else:
        os.symlink("/etc/passwd", file)
    taken = folder.take("q", holder)
    if what == "a pipe":
        assert folder.read(taken) == b""
    else:
        with pytest.raises(ValueError, match="can't be read"):
            folder.read(taken)


def test_what_is_set_aside_is_kept_and_said(folder, holder, caplog):
    folder.put("q", b"scribble")
    with caplog.at_level(logging.ERROR):
        folder.set_aside(folder.take("q", holder), "no JSON")
    (name,) = os.listdir(folder.damaged)
    with open(os.path.join(folder.damaged, name), "rb") as file:
        assert file.read() == b"scribble"
    assert name in caplog.text
    assert "no JSON" in caplog.text
    assert folder.take("q", holder) is None


def test_a_file_with_the_longest_name_there_can_be_is_given_back(folder, holder):
    folder.make_queue("q")
    with open(os.path.join(folder.queue_path("q"), "ä" * 127), "wb"):
        pass
    folder.give_back(folder.take("q", holder))
    folder.set_aside(folder.take("q", holder), "empty")
    assert len(os.listdir(folder.damaged)) == 1


def test_hidden_files_are_no_messages(folder, holder):
    folder.make_queue("q")
    with open(os.path.join(folder.queue_path("q"), ".DS_Store"), "wb"):
        pass
    assert folder.size("q") == 0
    assert folder.take("q", holder) is None
    folder.remove_queue("q")
    assert not folder.has_queue("q")


def test_a_queue_that_is_not_to_be_made_takes_nothing(folder):
    assert not folder.put("q", b"content", make_queue=False)
    assert not folder.has_queue("q")
    assert os.listdir(folder.tmp) == []
    folder.make_queue("q")
    assert folder.put("q", b"content", make_queue=False)


def test_fsync_reaches_the_message_and_its_queue(path, monkeypatch):
    synced = []
    fsync = os.fsync

    def note(fd):
        synced.append(stat.S_ISDIR(os.fstat(fd).st_mode))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", note)
    folder = QueueFolder(path, fsync=True)
    folder.open()
    folder.make_queue("q")
    synced.clear()
    folder.put("q", b"content")
    assert synced == [False, True]
    synced.clear()
    QueueFolder(path).put("q", b"content")
    assert synced == []


def test_finishing_twice_is_no_error(folder, holder):
    folder.put("q", b"content")
    taken = folder.take("q", holder)
    folder.finish(taken)
    folder.finish(taken)
    folder.give_back(taken)
    assert folder.size("q") == 0

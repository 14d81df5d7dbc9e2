import threading

import pytest

from eaglet.own_thread import OwnThread


def test_an_operation_runs_on_another_thread_and_its_result_is_given_back():
    thread = OwnThread("apart").run(threading.current_thread, 10)
    assert thread.name == "apart"
    assert thread is not threading.current_thread()


def test_what_it_raises_is_raised_where_it_is_waited_for():
    with pytest.raises(ZeroDivisionError):
        OwnThread("apart").run(lambda: 1 // 0, 10)


def test_none_is_a_result():
    assert OwnThread("apart").run(lambda: None, 10) is None


def test_while_one_hangs_no_other_is_begun():
    release, begun = threading.Event(), []
    apart = OwnThread("apart")
    with pytest.raises(TimeoutError, match="longer than"):
        apart.run(lambda: release.wait(20), 0.01)
    with pytest.raises(TimeoutError, match="still hangs"):
        apart.run(lambda: begun.append(1), 10)
    assert begun == []
    release.set()
    apart._hanging.join(10)
    apart.run(lambda: begun.append(1), 10)
    assert begun == [1]

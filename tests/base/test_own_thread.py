import threading
import time

import pytest

from eaglet import deadline
from eaglet.own_thread import OwnThread


def test_an_operation_runs_on_another_thread_and_its_result_is_given_back():
    thread = OwnThread("apart").run(threading.current_thread)
    assert thread.name == "apart"
    assert thread is not threading.current_thread()


def test_what_it_raises_is_raised_where_it_is_waited_for():
    with pytest.raises(ZeroDivisionError):
        OwnThread("apart").run(lambda: 1 // 0)


def test_none_is_a_result():
    assert OwnThread("apart").run(lambda: None) is None


def test_while_one_hangs_no_other_is_begun():
    release, begun = threading.Event(), []
    apart = OwnThread("apart", seconds=0.01, first_seconds=0.01)
    with pytest.raises(TimeoutError, match="longer than"):
        apart.run(lambda: release.wait(20))
    with pytest.raises(TimeoutError, match="still hangs"):
        apart.run(lambda: begun.append(1))
    assert begun == []
    release.set()
    apart._hanging.join(10)
    OwnThread("apart").run(lambda: begun.append(1))
    assert begun == [1]


def test_until_one_has_succeeded_it_may_take_longer():
    apart = OwnThread("apart", seconds=0.01, first_seconds=10)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            apart.run(lambda: time.sleep(0.1) or 1 // 0)
    apart.run(lambda: time.sleep(0.1))
    with pytest.raises(TimeoutError):
        apart.run(lambda: time.sleep(0.1))


def test_it_is_waited_for_within_the_deadline():
    with pytest.raises(TimeoutError), deadline.within(0.05):
        OwnThread("apart").run(lambda: time.sleep(0.5))

"""What holds of revocation between processes, whatever the database; see `Landscape`.

Collected where a module imports it and gives the fixtures `landscape` and `cached_landscape`.
"""

import time
from itertools import count

import pytest

from tests.auth.tokens.service_process import AFTERWARDS, CHANGES, DEATH

CACHE_SECONDS = 0.5
EVERYTHING = ["*"]

_numbers = count()


class Landscape:
    """An operator's process and two that check tokens, over one database."""

    def __init__(self, start):
        self._start = start
        self.processes = []
        self.operator, *self.checkers = (self.start() for _ in range(3))

    def start(self):
        process = self._start()
        self.processes.append(process)
        return process

    def new_token(self):
        app_key, secret = self.operator.create_app(f"app {next(_numbers)}")
        return app_key, self.operator.issue(app_key, secret)

    def outcomes(self, token):
        return [checker.verify(token)[0] for checker in self.checkers]

    def new_token_known_everywhere(self):
        app_key, token = self.new_token()
        for _ in range(2):  # each time by one query
            assert [checker.verify(token) for checker in self.checkers] == [(EVERYTHING, 1)] * 2
        return app_key, token

    def end(self):
        for process in self.processes:
            process.end()


@pytest.mark.parametrize("how", CHANGES)
def test_asked_each_time_other_processes_learn_at_once_of(landscape, how):
    app_key, token = landscape.new_token_known_everywhere()
    landscape.operator.change(how, app_key)
    expected = AFTERWARDS.get(how, "refused")
    for _ in range(2):
        assert landscape.outcomes(token) == [expected] * 2


def test_kept_for_a_time_other_processes_learn_within_it_of_any_change(cached_landscape):
    issued = {how: cached_landscape.new_token() for how in CHANGES}
    for _app_key, token in issued.values():
        assert cached_landscape.outcomes(token) == [EVERYTHING] * 2
    for how, (app_key, _token) in issued.items():
        changed_at = cached_landscape.operator.change(how, app_key)
    # The clock is the system's, the same for all processes.
    time.sleep(max(changed_at + CACHE_SECONDS - time.monotonic(), 0))
    outcomes = {how: cached_landscape.outcomes(token) for how, (_, token) in issued.items()}
    assert outcomes == {how: [AFTERWARDS.get(how, "refused")] * 2 for how in CHANGES}


@pytest.mark.parametrize("how", ["revoke the token", "switch off", "delete the app"])
def test_one_that_dies_as_it_commits_has_revoked_all_the_same(landscape, how):
    app_key, token = landscape.new_token_known_everywhere()
    dying = landscape.start()
    assert dying.dies_in("change_and_die", how, app_key) == DEATH
    assert landscape.outcomes(token) == ["refused"] * 2


def test_a_verification_that_is_kept_ends_with_its_token(cached_landscape):
    assert _outcomes_once_over(cached_landscape) == ["expired"] * 2


def _outcomes_once_over(landscape):
    name = f"app {next(_numbers)}"
    app_key, secret = landscape.operator.create_app_with_lifetime(name, 1)
    token = landscape.operator.issue(app_key, secret)
    issued_by = time.monotonic()
    landscape.outcomes(token)
    time.sleep(max(issued_by + 1 - time.monotonic(), 0))
    return landscape.outcomes(token)

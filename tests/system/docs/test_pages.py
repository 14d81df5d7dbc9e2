"""What the pages of the documentation show works as it stands."""

import dataclasses
import os
import re

import pytest

from tests.system.docs.blocks import CHECKOUT, DOCS, blocks_of, pages
from tests.system.docs.scenario import SCENARIOS, Scenario
from tests.system.servers.fixtures import MISSING

WITH_BLOCKS = [page for page in pages() if blocks_of(DOCS / page)]


SERVED = [page for page in WITH_BLOCKS if SCENARIOS.get(page, Scenario()).needs_servers]


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in WITH_BLOCKS if page not in SERVED])
def test_a_page_works_as_it_stands(page, play):
    play(page, SCENARIOS.get(page, Scenario()), blocks_of(DOCS / page))


@pytest.mark.parametrize("page", WITH_BLOCKS)
def test_every_block_says_its_language(page):
    assert [block.where for block in blocks_of(DOCS / page) if not block.language] == []


@pytest.mark.parametrize("page", SCENARIOS)
def test_what_is_not_run_is_there(page):
    there = {block.first_line for block in blocks_of(DOCS / page)}
    assert set(SCENARIOS[page].not_run) <= there


@pytest.mark.slow
@pytest.mark.services
def test_the_tutorial_works_with_nothing_but_a_python(play):
    # From the source, and with all that it needs: neither is at hand wherever tests run.
    if not os.environ.get("EAGLET_TEST_SERVICES"):
        pytest.skip(f"installs for real: {MISSING}")
    scenario = SCENARIOS["tutorial.md"]
    instead = {**scenario.instead, "git+https://HOST/eaglet.git": str(CHECKOUT)}
    scenario = dataclasses.replace(scenario, instead=instead)
    play("tutorial.md", scenario, blocks_of(DOCS / "tutorial.md"), is_bare=True)


@pytest.mark.slow
@pytest.mark.services
@pytest.mark.parametrize("page", SERVED)
def test_a_page_works_on_the_servers_it_speaks_of(page, play, servers):
    shown = {
        url: url
        for url in re.findall(
            r"^(?:DATABASE|CELERY_BROKER|REDIS)_URL=(\S+)$", (DOCS / page).read_text(), re.MULTILINE
        )
    }
    instead = {url: servers[url.partition(":")[0]] for url in shown}
    scenario = dataclasses.replace(SCENARIOS[page], instead=instead)
    play(page, scenario, blocks_of(DOCS / page))

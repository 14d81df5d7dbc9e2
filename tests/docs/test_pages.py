"""What the pages of the documentation show works as it stands."""

import pytest

from tests.docs.blocks import DOCS, blocks_of, pages
from tests.docs.scenario import SCENARIOS, Scenario

WITH_BLOCKS = [page for page in pages() if blocks_of(DOCS / page)]


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_BLOCKS)
def test_a_page_works_as_it_stands(page, play):
    play(page, SCENARIOS.get(page, Scenario()), blocks_of(DOCS / page))


@pytest.mark.parametrize("page", WITH_BLOCKS)
def test_every_block_says_its_language(page):
    assert [block.where for block in blocks_of(DOCS / page) if not block.language] == []


@pytest.mark.parametrize("page", SCENARIOS)
def test_what_is_not_run_is_there(page):
    there = {block.first_line for block in blocks_of(DOCS / page)}
    assert set(SCENARIOS[page].not_run) <= there

"""What is there in two languages says and shows the same in both."""

import re

import pytest

from tests.system.docs.blocks import CHECKOUT, CHINESE, DOCS, blocks_of, pages

TRANSLATED = [page for page in pages() if page == "tutorial.md" or page.startswith("howto/")]
PAIRS = [(CHECKOUT / "README.md", CHECKOUT / "README.zh-hans.md")] + [
    (DOCS / page, CHINESE / page) for page in TRANSLATED
]
IDS = [english.relative_to(CHECKOUT).as_posix() for english, _ in PAIRS]
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def outline(path):
    """The levels of a page's headings, and how wide its tables are, in their order."""
    prose = _FENCED.sub("", path.read_text(encoding="utf-8"))
    lines = re.findall(r"^(#+(?= )|\|.*\|$)", prose, re.MULTILINE)
    return [line.count("|") or line for line in lines]


def test_every_page_for_users_is_there_in_chinese_and_none_besides():
    assert [page for page in pages(CHINESE) if page != "index.md"] == TRANSLATED


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=IDS)
def test_both_show_the_same_code(english, chinese):
    shown = [
        [(block.language, block.without_comments) for block in blocks_of(page)]
        for page in (english, chinese)
    ]
    assert shown[0] == shown[1]


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=IDS)
def test_both_have_the_same_headings_and_tables(english, chinese):
    assert outline(english) == outline(chinese)


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=IDS)
def test_both_link_to_as_many_places(english, chinese):
    counts = [
        len(re.findall(r"\]\(", _FENCED.sub("", page.read_text(encoding="utf-8"))))
        for page in (english, chinese)
    ]
    assert counts[0] == counts[1]

"""What is there in two languages says and shows the same in both."""

import gettext
import re
from pathlib import Path

import pytest

import eaglet
from eaglet.conf.checks import declared_settings
from tests.system.docs.blocks import CHECKOUT, CHINESE, DOCS, blocks_of, pages

TRANSLATED = [page for page in pages() if page == "tutorial.md" or page.startswith("howto/")]
PAIRS = [(CHECKOUT / "README.md", CHECKOUT / "README.zh-hans.md")] + [
    (DOCS / page, CHINESE / page) for page in TRANSLATED
]
IDS = [english.relative_to(CHECKOUT).as_posix() for english, _ in PAIRS]
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_DEFAULT = re.compile(r"`(EAGLET_\w+)`,?\s*[(（](?:默认\s*)?([\d.]+)\s*(days|MiB|天)?")
_UNITS = {"": 1, "days": 86400, "天": 86400, "MiB": 1024 * 1024}
_LABEL = re.compile(r"(?<!\*)\*([^*`]+)\*(?!\*)")


def outline(path):
    """The levels of a page's headings, and how wide its tables are, in their order."""
    prose = _FENCED.sub("", path.read_text(encoding="utf-8"))
    lines = re.findall(r"^(#+(?= )|\|.*\|$)", prose, re.MULTILINE)
    return [line.count("|") or line for line in lines]


def test_every_page_for_users_is_there_in_chinese_and_none_besides():
    assert [page for page in pages(CHINESE) if page != "index.md"] == TRANSLATED


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=IDS)
def test_both_show_the_same_code_headings_tables_and_as_many_links(english, chinese):
    shown = [
        (
            [(block.language, block.without_comments) for block in blocks_of(page)],
            outline(page),
            _FENCED.sub("", page.read_text(encoding="utf-8")).count("]("),
        )
        for page in (english, chinese)
    ]
    assert shown[0] == shown[1]


def on_the_pages(label):
    """A label of eaglet's own pages in Chinese; None for what is none."""
    for path in Path(eaglet.__file__).parent.glob("*/locale/zh_Hans/LC_MESSAGES/django.mo"):
        with path.open("rb") as file:
            texts = gettext.GNUTranslations(file)
        for text in (label, label[0].lower() + label[1:]):
            if texts.gettext(text) != text:
                return texts.gettext(text)
    return None


def test_labels_are_in_chinese_as_the_pages_have_them():
    missing, found = [], 0
    for english, chinese in PAIRS:
        prose = _FENCED.sub("", english.read_text(encoding="utf-8"))
        for label in _LABEL.findall(prose):
            if shown := on_the_pages(" ".join(label.split())):
                found += 1
                if f"*{shown}*" not in chinese.read_text(encoding="utf-8"):
                    missing.append((chinese.name, label, shown))
    assert found > 10
    assert missing == []


@pytest.mark.parametrize("pages_of", [DOCS, CHINESE], ids=["English", "Chinese"])
def test_a_default_that_a_page_names_is_the_settings(pages_of):
    declared, named, wrong = declared_settings(), 0, []
    for page in pages_of.rglob("*.md"):
        for name, number, unit in _DEFAULT.findall(page.read_text(encoding="utf-8")):
            named += 1
            if float(number) * _UNITS[unit] != declared[name].default:
                wrong.append((page.name, name, number))
    assert named > 10
    assert wrong == []

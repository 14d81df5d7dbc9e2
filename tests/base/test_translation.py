import gettext
import re
from pathlib import Path

import pytest

import eaglet

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@pytest.fixture(params=["api", "auth", "tasks"])
def folder(request):
    return Path(eaglet.__file__).parent / request.param


@pytest.fixture
def catalogue(folder):
    return folder / "locale" / "zh_Hans" / "LC_MESSAGES"


def entries(catalogue):
    text = (catalogue / "django.po").read_text(encoding="utf-8")
    for block in text.split("\n\n")[1:]:
        original = re.search(r'^msgid "(.*)"$', block, re.MULTILINE)[1]
        translated = re.search(r'^msgstr(?:\[0\])? "(.*)"$', block, re.MULTILINE)[1]
        yield original, translated


def test_every_text_is_translated_and_keeps_its_placeholders(catalogue):
    for original, translated in entries(catalogue):
        assert translated, original
        assert sorted(PLACEHOLDER.findall(translated)) == sorted(PLACEHOLDER.findall(original))


def test_the_compiled_catalogue_is_that_of_the_text(catalogue):
    with (catalogue / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for original, translated in entries(catalogue):
        assert translated in (compiled.gettext(original), compiled.ngettext(original, "", 1))


def test_every_text_in_the_code_is_in_the_catalogue(folder, catalogue):
    known = {original for original, _ in entries(catalogue)}
    call = re.compile(r'(?<!\w)(?:_|gettext|ngettext)\(\s*((?:"[^"]*"\s*)+)')
    tag = re.compile(r'{% translate "([^"]*)" %}')
    found = set()
    for path in folder.rglob("*.py"):
        for literals in call.findall(path.read_text(encoding="utf-8")):
            found.add("".join(re.findall(r'"([^"]*)"', literals)))
    for path in folder.rglob("*.html"):
        found.update(tag.findall(path.read_text(encoding="utf-8")))
    assert len(found) > 10
    assert found - known == set()


@pytest.mark.parametrize(
    "module",
    ["params/checking", "params/converters", "params/limits", "params/models", "encoding"],
)
def test_every_text_of_the_base_for_callers_is_in_the_catalogue_of_the_api(module):
    package = Path(eaglet.__file__).parent
    known = {text for text, _ in entries(package / "api" / "locale" / "zh_Hans" / "LC_MESSAGES")}
    code = (package / f"{module}.py").read_text(encoding="utf-8")
    found = set(re.findall(r'(?<!\w)_\("([^"]*)"\)', code))
    assert len(found) > 1
    assert found - known == set()
    assert not re.search(r'(?:raise ValueError|_refuse)\(f?"', code)

import gettext
import re
from pathlib import Path

import eaglet.auth

FOLDER = Path(eaglet.auth.__file__).parent
CATALOGUE = FOLDER / "locale" / "zh_Hans" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def entries():
    text = (CATALOGUE / "django.po").read_text(encoding="utf-8")
    for block in text.split("\n\n")[1:]:
        original = re.search(r'^msgid "(.*)"$', block, re.MULTILINE)[1]
        translated = re.search(r'^msgstr(?:\[0\])? "(.*)"$', block, re.MULTILINE)[1]
        yield original, translated


def test_every_text_is_translated_and_keeps_its_placeholders():
    for original, translated in entries():
        assert translated, original
        assert sorted(PLACEHOLDER.findall(translated)) == sorted(PLACEHOLDER.findall(original))


def test_the_compiled_catalogue_is_that_of_the_text():
    with (CATALOGUE / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for original, translated in entries():
        assert translated in (compiled.gettext(original), compiled.ngettext(original, "", 1))


def test_every_text_in_the_code_is_in_the_catalogue():
    known = {original for original, _ in entries()}
    call = re.compile(r'(?<!\w)(?:_|gettext|ngettext)\(\s*((?:"[^"]*"\s*)+)')
    tag = re.compile(r'{% translate "([^"]*)" %}')
    found = set()
    for path in FOLDER.rglob("*.py"):
        for literals in call.findall(path.read_text(encoding="utf-8")):
            found.add("".join(re.findall(r'"([^"]*)"', literals)))
    for path in FOLDER.rglob("*.html"):
        found.update(tag.findall(path.read_text(encoding="utf-8")))
    assert len(found) > 40
    assert found - known == set()

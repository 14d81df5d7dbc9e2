"""The blocks of the README: who runs each, and those that nobody else does."""

import re

import pytest

from tests.docs.blocks import CHECKOUT, DOCS, blocks_of
from tests.docs.scenario import Scenario

README = CHECKOUT / "README.md"
RUN_ELSEWHERE = {
    "# shop/resources.py": "test_readme.py",
    "# hermes/orders.py": "test_readme.py",
    "# settings.py": "test_readme.py",
    "# urls.py": "test_readme.py",
    "# settings.py of the caller": "test_readme.py",
    "python manage.py migrate": "test_readme.py",
    "# members/points.py": "test_readme_tasks.py",
    "# settings.py of both": "test_readme_tasks.py",
    "# messages/tasks.py": "test_readme_tasks.py",
    "# members/tests.py": "test_readme_tasks.py",
    "export DJANGO_SETTINGS_MODULE=settings": "test_readme_tasks.py",
}
"""What tests/acceptance runs, by the first line."""
BY_MAKE = (
    "make demo    # services, a worker and a caller start, and you are walked through what they do"
)


def test_what_runs_elsewhere_is_there():
    first_lines = {block.first_line for block in blocks_of(README)}
    assert {*RUN_ELSEWHERE, BY_MAKE} <= first_lines
    for name in set(RUN_ELSEWHERE.values()):
        assert (CHECKOUT / "tests" / "acceptance" / name).exists()


def test_make_has_every_target_that_is_named():
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    said = README.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)\b", said, re.MULTILINE))
    assert {"demo", "test", "bench"} <= named
    assert named <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("name", ["README.md", "README.zh-hans.md"])
def test_every_link_leads_to_something_that_is_there(name):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (CHECKOUT / name).read_text(encoding="utf-8"))
    assert len(links) > 10
    assert [link for link in links if not (CHECKOUT / link).exists()] == []


@pytest.mark.slow
def test_the_rest_works_as_it_stands(play):
    rest = [block for block in blocks_of(README) if block.first_line not in RUN_ELSEWHERE]
    play("README.md", Scenario(from_nothing=True, not_run={BY_MAKE: "what CI runs"}), rest)


def test_the_figures_are_those_of_the_benchmarks():
    page = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    measured = {f"{float(ratio):.2f}" for ratio in re.findall(r"\| (\d\.\d{3}) \|", page)}
    for readme in (README, CHECKOUT / "README.zh-hans.md"):
        table = readme.read_text(encoding="utf-8").partition("|---|---:|---|---:|")[2]
        shown = re.findall(r"\d\.\d\d", table.partition("\n\n")[0])
        assert len(shown) > 10
        assert set(shown) <= measured

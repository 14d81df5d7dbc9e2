"""The blocks of the README: who runs each, and those that nobody else does."""

import re

import pytest

from tests.system.docs.blocks import CHECKOUT, DOCS, blocks_of
from tests.system.docs.scenario import Scenario

README = CHECKOUT / "README.md"
RUN_ELSEWHERE = {
    "# shop/resources.py", "# hermes/orders.py", "# settings.py", "# urls.py",
    "# settings.py of the caller", "python manage.py migrate", "# members/points.py",
    "# settings.py of both", "# messages/tasks.py", "# members/tests.py",
    "python manage.py worker           # takes the tasks of every declared queue",
}  # fmt: skip
"""What tests/system/acceptance/test_readme.py runs, by the first line."""
MEASURED_AS = {
    "plain Django": "plain Django",
    "**eaglet**": "eaglet",
    "django-ninja": "django-ninja",
    "Django REST framework, by hand": "DRF, by hand",
    "Django REST framework, Serializer": "DRF, Serializer",
    "plain Django, one query": "plain",
    "**eaglet**, asking the database each time": "eaglet asking",
    "**eaglet**, asking every 5 seconds (the default)": "eaglet cached",
    "djangorestframework-api-key": "HasAPIKey",
    "Django REST framework's tokens": "DRF TokenAuthentication",
    "django-rest-knox": "knox",
    "django-oauth-toolkit": "django-oauth-toolkit",
}
"""What docs/benchmarks.md calls them."""
BY_MAKE = (
    "make demo    # services, a worker and a caller start, and you are walked through what they do"
)


def test_what_runs_elsewhere_is_there():
    first_lines = {block.first_line for block in blocks_of(README)}
    assert {*RUN_ELSEWHERE, BY_MAKE} <= first_lines


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
    measured = [_ratios(page, job) for job in ("Job A, in process", "Job B, in process, SQLite")]
    shown = []
    for row in _rows(README):
        for job, (label, figure) in enumerate(zip(row[::2], row[1::2], strict=True)):
            if label:
                shown.append(label)
                assert figure.strip("*") == f"{measured[job][MEASURED_AS[label]]:.2f}", label
    assert set(shown) == set(MEASURED_AS)
    assert [row[1::2] for row in _rows(README)] == [
        row[1::2] for row in _rows(CHECKOUT / "README.zh-hans.md")
    ]


def _rows(readme):
    """The rows of the table of figures."""
    table = readme.read_text(encoding="utf-8").partition("|---|---:|---|---:|\n")[2]
    lines = table.partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _ratios(page, heading):
    """What a job's contestants took, as multiples of the first."""
    section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| ([^|]+) \| [\d.]+ \| ([\d.]+) \|", section, re.MULTILINE)
    return {name: float(ratio) for name, ratio in found}

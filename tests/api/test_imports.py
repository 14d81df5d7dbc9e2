"""The names, where they are imported from, and what importing them costs."""

import pytest

import eaglet.api

pytestmark = pytest.mark.slow


def test_the_exported_names_are_pinned():
    assert eaglet.api.__all__ == [
        "ApiError",
        "ApiResource",
        "Page",
        "access_token_required",
        "answers",
        "paginate",
        "param_required",
        "public",
        "raises",
    ]


def test_importing_pulls_in_no_rest_framework(run_python):
    done = run_python(
        "import sys\n"
        "import eaglet.api\n"
        "import eaglet.params\n"
        "from eaglet.api import ApiError, param_required\n"
        "from eaglet.decorator import param_required\n"
        "assert 'rest_framework' not in sys.modules"
    )
    assert done.returncode == 0, done.stderr


def test_param_required_works_without_rest_framework_and_without_settings(run_python):
    done = run_python(
        "import sys\n"
        "from eaglet.decorator import param_required\n"
        "from eaglet.exceptions import ParamError\n"
        "class Order:\n"
        "    @staticmethod\n"
        "    @param_required(['order', '?count:int'])\n"
        "    def get(args): return args['count']\n"
        "assert Order.get({'order': object(), 'count': '7'}) == 7\n"
        "try: Order.get({'count': 'x'})\n"
        "except ParamError as error: print(error)\n"
        "assert 'rest_framework' not in sys.modules"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "order: missing; count: not an integer\n"


def test_api_resource_can_be_imported_before_the_apps_are_ready(run_python):
    done = run_python(
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'\n"
        "from eaglet.core import api_resource\n"
        "from eaglet.api import ApiResource\n"
        "import django; django.setup()\n"
    )
    assert done.returncode == 0, done.stderr


def test_a_service_whose_answers_are_plain_starts_without_what_describes_them(project):
    resource = """
import datetime, decimal, typing, uuid
from dataclasses import dataclass
from eaglet.api import ApiResource, Page
class Member(typing.TypedDict):
    id: uuid.UUID
    since: datetime.datetime
    points: typing.NotRequired[decimal.Decimal]
@dataclass
class Team:
    members: list[Member]
    above: "Team | None"
class ATeam(ApiResource):
    app, resource = "shop", "team"
    def get(args) -> Team: ...
    def post(args) -> Page[Member] | None: ...
    def put(args) -> dict[str, list[typing.Annotated[Member, 1]]]: ...
"""
    program = """
import sys, django
django.setup()
from django.core.management import call_command
from eaglet.api import registry
call_command("check")
print([resource.__name__ for resource in registry.registered()])
print(sorted({"drf_spectacular", "jsonschema", "markdown_it", "pydantic"} & set(sys.modules)))
"""
    finished = project(program, {"api.py": resource}, "EAGLET_RESOURCE_MODULES = ['api']")
    assert finished.stdout == "['ATeam']\n[]\n", finished.stderr

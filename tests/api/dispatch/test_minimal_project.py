"""A project of nothing but REST framework and eaglet.api: no admin, sessions, databases."""

import json

import pytest

pytestmark = pytest.mark.slow

SETTINGS = """
EAGLET_RESOURCE_MODULES = ["api"]
EAGLET_CONTEXT_PROVIDERS = ["context.corp", "eaglet.api.context.wapi_id"]
SILENCED_SYSTEM_CHECKS = ["eaglet_api.W009"]  # all of it is open, and nothing says on purpose
"""
CONTEXT = """
def corp(request):
    return {"corp": {"id": 3, "user": str(request.user), "auth": request.auth}}
corp.provides = ("corp",)
"""
API = """
import datetime
from eaglet.core import api_resource
from eaglet.decorator import param_required

class Order:
    @staticmethod
    @param_required(["order", "?count:int"])
    def get(args):
        return [args["order"].day, args.get("count")]

class AOrder(api_resource.ApiResource):
    app = "mall"
    resource = "order"
    ACTIONS = {"pay": 1}

    def helper(action):
        return AOrder.ACTIONS.get(action)

    @param_required(["order_id", "action"])
    def post(args):
        if not AOrder.helper(args["action"]):
            return 500, {"msg": "no such action"}
        return {}

    def get(self):
        return {"args": self, "corp": self["corp"]["id"]}

    def put(args):
        return None

    @param_required(["count"])
    def delete(args):
        return Order.get({"order": datetime.date(2020, 1, 2), "count": args["count"]})

class ATicket(api_resource.ApiResource):
    app = "mall"
    resource = "ticket"
    @param_required(["access_token", "format", "page"])
    def get(args):
        return [args["access_token"], args["format"], args["page"]]
"""
PROGRAM = """
import os
import django; django.setup()
from django.core.management import call_command
call_command("check", "--fail-level", "ERROR", verbosity=0)  # all is open there
import json
from django.conf import settings
from django.test import Client
from django.test.utils import setup_test_environment
client = Client(raise_request_exception=True)
answers = []
for method, path, extra in json.loads(os.environ["CALLS"]):
    response = client.generic(method, path, **extra)
    body = response.content.decode()
    answers.append([response.status_code, body])
print(json.dumps(answers))
"""


@pytest.fixture(params=["", "EAGLET_FAST_PATH = False"], ids=["fast path", "REST framework"])
def call(request, project):
    """Start the project and make calls to it; a call is (method, path, extra)."""

    def call(*calls):
        files = {"context.py": CONTEXT, "api.py": API}
        done = project(PROGRAM, files, SETTINGS + request.param, CALLS=json.dumps(calls))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return call


FORM = {"content_type": "application/x-www-form-urlencoded"}


def test_resources_written_for_the_original_answer(call):
    answers = call(
        ["GET", "/mall/order/?page=2&format=json", {}],
        ["POST", "/mall/order", {"data": "order_id=1&action=pay", **FORM}],
        ["POST", "/mall/order/", {"data": "order_id=1&action=eat", **FORM}],
        ["POST", "/mall/order/?_method=put", {"data": "x=1", **FORM}],
        ["POST", "/mall/order/?_method=delete", {"data": "count=7", **FORM}],
        ["POST", "/mall/order/?_method=delete", {"data": "count=x", **FORM}],
        ["POST", "/mall/order/", {"data": "action=pay", **FORM}],
        ["GET", "/mall/ticket/?access_token=t&format=xml&page=2", {}],
        ["PATCH", "/mall/order/", {}],
        ["GET", "/mall/nothing/", {}],
    )
    assert [status for status, _body in answers] == [
        200, 200, 200, 200, 200, 500, 400, 200, 405, 404,
    ]  # fmt: skip
    bodies = [json.loads(body) for _status, body in answers]
    assert [body["code"] for body in bodies] == [200, 200, 500, 200, 200, 531, 400, 200, 405, 404]
    assert bodies[0]["data"] == {
        "args": {
            "page": "2",
            "format": "json",
            "corp": {"id": 3, "user": "None", "auth": None},
            "wapi_id": "/mall/order_GET",
        },
        "corp": 3,
    }
    assert bodies[1]["data"] == {}
    assert bodies[2]["errMsg"] == '{"msg":"no such action"}'
    assert bodies[3]["data"] is None
    assert bodies[4]["data"] == [2, 7]
    assert bodies[7]["data"] == ["t", "xml", "2"]

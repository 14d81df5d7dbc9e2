"""ATOMIC_REQUESTS, over every database it is on for."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.test import RequestFactory

from eaglet.api import ApiError, health
from eaglet.api.dispatch.plan import clear_compiled

pytestmark = pytest.mark.slow

# Two databases of their own: the settings of the other tests have one, in memory.
SETTINGS = """
INSTALLED_APPS += ["django.contrib.contenttypes", "django.contrib.auth"]
EAGLET_RESOURCE_MODULES = ["api"]
DATABASES = {
    alias: {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{alias}.sqlite3",
            "ATOMIC_REQUESTS": atomic}
    for alias, atomic in {"default": True, "second": True, "loose": False}.items()
}
"""
API = """
from django.contrib.auth.models import Group
from django.http import Http404, HttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from eaglet.api import ApiError, ApiResource, param_required

ALIASES = ("default", "second", "loose")

def save():
    for alias in ALIASES:
        Group.objects.using(alias).create(name="saved")

def raising(make):
    def handler(args):
        save()
        raise make()
    return handler

def returning(make):
    def handler(args):
        save()
        return make()
    return handler

@param_required(["x"])
def deeper(args):
    return 1

def param_error(args):
    save()
    return deeper(args)

OUTCOMES = {
    # name: (handler, whether it commits)
    "value": (returning(lambda: {"a": 1}), True),
    "tuple": (returning(lambda: (500, "no")), True),
    "response": (returning(lambda: HttpResponse(status=500)), True),
    "drf-response": (returning(lambda: Response({"a": 1}, status=400)), True),
    "api-error": (raising(lambda: ApiError("no")), False),
    "api-error-200": (raising(lambda: ApiError("no", 200)), False),
    "http404": (raising(Http404), False),
    "drf": (raising(NotFound), False),
    "fault": (raising(lambda: KeyError("x")), False),
    "unwritable": (returning(object), False),
    "wrong-tuple": (returning(lambda: (1, 2, 3)), False),
    "unwritable-tuple": (returning(lambda: (500, object())), False),
    "deeper": (param_error, False),
}
for name, (handler, commits) in OUTCOMES.items():
    type(ApiResource)("A" + name, (ApiResource,), {
        "app": "money", "resource": name, "get": handler, "post": handler, "__module__": __name__})
"""
PROGRAM = """
import django; django.setup()
from django.core.management import call_command
import api
for alias in api.ALIASES:
    call_command("migrate", database=alias, verbosity=0)
from django.contrib.auth.models import Group
from django.db import connections
from django.test import Client
client = Client()
for name, (handler, commits) in api.OUTCOMES.items():
    for verb in ("get", "post"):
        more = {"content_type": "application/json", "data": {}} if verb == "post" else {}
        response = getattr(client, verb)(f"/money/{name}/", **more)
        left = {alias: Group.objects.using(alias).count() for alias in api.ALIASES}
        expected = {"default": int(commits), "second": int(commits), "loose": 1}
        assert left == expected, (name, verb, response.status_code, left)
        for alias in api.ALIASES:
            assert not connections[alias].in_atomic_block
            Group.objects.using(alias).all().delete()
print("all as expected")
"""


@pytest.mark.parametrize(
    "more",
    [
        "",
        "EAGLET_FAST_PATH = False",
        "REST_FRAMEWORK = {'EXCEPTION_HANDLER': 'rest_framework.views.exception_handler'}",
        "EAGLET_ALWAYS_HTTP_200 = True",
    ],
)
def test_what_is_raised_rolls_back_every_database_and_what_is_returned_commits(project, more):
    done = project(PROGRAM, {"api.py": API}, SETTINGS + more)
    assert done.stdout == "all as expected\n", done.stderr


@pytest.fixture
def atomic_requests():
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    clear_compiled()
    yield
    connection.settings_dict["ATOMIC_REQUESTS"] = False
    clear_compiled()


@pytest.mark.django_db
def test_a_refusal_marks_no_transaction_of_others(client, declare, atomic_requests, path_taken):
    def refuse(args):
        raise ApiError("no")

    resource = declare(get=refuse, post=lambda args: Group.objects.create(name="x").pk)
    outside = transaction.non_atomic_requests(resource.as_view())
    for view in (resource.as_view(), outside):
        view(RequestFactory().get("/shop/item/"))
        assert not connection.needs_rollback
        assert Group.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/shop/nothing/"])
def test_a_view_of_eaglets_own_runs_in_no_transaction(client, atomic_requests, path, monkeypatch):
    monkeypatch.setattr(transaction, "atomic", lambda **kwargs: pytest.fail("one was opened"))
    monkeypatch.setattr(health, "readiness", lambda: {"status": "ok"})
    client.get(path)


@pytest.mark.django_db(transaction=True)
def test_what_fails_at_the_commit_is_an_envelope(client, declare, atomic_requests, path_taken):
    def post(args):  # the foreign key is deferred
        return Permission.objects.create(name="x", codename="x", content_type_id=10**6).pk

    declare(post=post)
    answer = client.post("/shop/item/")
    assert (answer.status_code, answer.json()["code"]) == (500, 531)
    assert not Permission.objects.filter(codename="x").exists()

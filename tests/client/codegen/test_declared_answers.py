"""Typed callers of resources that declare answers, refusals, limits and files."""

import importlib.util
import json
import re
import subprocess
import sys
from collections import Counter
from io import BytesIO
from typing import Literal, NotRequired, TypedDict

import pytest
from django.core.management import call_command

from eaglet.api import ApiError, ApiResource, Page, param_required, raises
from eaglet.api.openapi.generator import document
from eaglet.client import ResourceError
from eaglet.client.testing import fake_services
from eaglet.contracts.document import as_text
from eaglet.exceptions import AnswerMismatch

pytestmark = pytest.mark.usefixtures("declared")


class Item(TypedDict):
    """A thing."""

    price: int
    kind: NotRequired[Literal["a", "b"]]


class Trade(TypedDict):
    id: int
    items: list[Item]
    parent: "Trade | None"


class Wanted(TypedDict):
    code: str


class NotEnoughPoints(ApiError):
    """The member has not enough points."""

    code = 1002


@pytest.fixture
def written(tmp_path):
    """Write the module of what is declared, and import it."""

    @raises(NotEnoughPoints)
    @param_required(["id:int(1..)", "?kind:str(a|b)", "?ids:list[int]"])
    def get(args) -> Trade: ...

    @param_required(["photo:file", "?photos:list[file]", "?note"])
    def post(args) -> list[Item]: ...

    @param_required(["wanted:json"], wanted=Wanted)
    def patch(args) -> Page[Item]: ...

    @param_required(["n:int"])
    def put(args): ...

    verbs = {"get": get, "post": post, "patch": patch, "put": put}
    body = {"app": "card", "resource": "trade", "__module__": __name__, **verbs}
    type(ApiResource)("ATrade", (ApiResource,), body)
    source = tmp_path / "openapi.json"
    found = document()
    found["paths"] = {path: told for path, told in found["paths"].items() if "/card/" in path}
    source.write_text(as_text(found))

    def write(name="card.py", **options):
        output = tmp_path / name
        call_command("eaglet_client", source, output=output, service="card", **options)
        spec = importlib.util.spec_from_file_location(f"declared_{output.stem}", output)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module

    return write


GOOD = {"id": 1, "items": [{"price": 1}], "parent": None}


def test_a_call_gives_the_envelope_with_its_data(written):
    card = written()
    with fake_services() as services:
        services.answers("card", "card.trade", data=GOOD)
        assert card.trade.get(id=1, kind="a")["data"] == GOOD
    assert services.calls[0].params == {"id": 1, "kind": "a"}


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({**GOOD, "items": [{"price": 1}, {"price": "2"}]}, "data.items[1].price: of another type"),
        ({**GOOD, "items": [{}]}, "data.items[0].price: missing"),
        ({**GOOD, "parent": {"id": 1}}, "data.parent"),
        ([], "data: not an object"),
    ],
)
def test_a_fake_answer_of_another_type_is_a_fault_that_names_the_path(written, data, path):
    card = written()
    with fake_services() as services:
        services.answers("card", "card.trade", data=data)
        with pytest.raises(AnswerMismatch) as caught:
            card.trade.get(id=1)
    assert path in str(caught.value)
    assert "card card.trade" in str(caught.value)


def test_a_refusal_is_raised_as_the_class_of_its_code(written, settings):
    card = written("raising.py", raise_errors=True)
    with fake_services() as services:
        services.answers("card", "card.trade", code=1002, message="only 7", data={"points": 7})
        with pytest.raises(card.NotEnoughPoints, match="only 7") as caught:
            card.trade.get(id=1)
        assert (caught.value.code, caught.value.data) == (1002, {"points": 7})
        services.answers("card", "card.trade", code=1003, message="else")
        with pytest.raises(ResourceError) as other:
            card.trade.get(id=1)
        assert type(other.value) is ResourceError
        plain = written()
        services.answers("card", "card.trade", code=1002, message="only 7")
        assert plain.trade.get(id=1) is None
        settings.EAGLET_CLIENT_RAISE_ERRORS = True
        with pytest.raises(plain.NotEnoughPoints):
            plain.trade.get(id=1)


def test_files_and_models_go_along(written):
    card = written()
    with fake_services() as services:
        services.answers("card", "card.trade", data=[{"price": 1}], method="post")
        card.trade.post(photo=("a.png", b"0123"), photos=[b"x", BytesIO(b"y")], note="n")
        page = {"items": [], "page": 1, "count_per_page": 20, "total_count": 0, "max_page": 1,
                "has_next": False, "has_prev": False}  # fmt: skip
        services.answers("card", "card.trade", data=page, method="patch")
        assert card.trade.patch(wanted={"code": "x"})["data"] == page
    assert services.calls[0].params["note"] == "n"
    assert services.calls[1].params == {"wanted": {"code": "x"}}


USES = """
from card import trade
import raising

answer = trade.get(id=1, kind="a", ids=[1])
if answer and answer["code"] == 200:
    price: int = answer["data"]["items"][0]["price"]
    parent = answer["data"]["parent"]
    if parent:
        number: int = parent["id"]
try:
    page = raising.trade.patch(wanted={"code": "x"})
    if page["code"] == 200:
        first: int = page["data"]["items"][0]["price"]
except raising.NotEnoughPoints as error:
    text: str = error.message
trade.post(photo=b"x", photos=[("a", b"y")])
"""
WRONG = {
    'trade.get(id="1")': "arg-type",
    'trade.get(id=1, kind="c")': "arg-type",
    'trade.get(id=1, ids=["x"])': "list-item",
    "trade.post()": "call-arg",
    'trade.post(photo="text")': "arg-type",
    'trade.patch(wanted={"cod": "x"})': "typeddict-item",
    'a = trade.get(id=1)\nif a and a["code"] == 200: a["data"]["itemz"]': "typeddict-item",
    'a = trade.get(id=1)\nif a and a["code"] == 200: x: str = a["data"]["id"]': "assignment",
}


def run(folder, *command):
    checked = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    return checked.returncode, checked.stdout + checked.stderr


@pytest.mark.slow
def test_type_checkers_know_the_answer_down_to_the_field(written, tmp_path):
    written()
    written("raising.py", raise_errors=True)
    (tmp_path / "uses.py").write_text(USES)
    mypy = ("mypy", "--strict", "--follow-imports=silent", "--config-file=", "--cache-dir=cache")
    code, output = run(tmp_path, *mypy, "uses.py", "card.py", "raising.py")
    assert code == 0, output
    (tmp_path / "wrong.py").write_text("\n".join(["from card import trade", *WRONG]))
    code, output = run(tmp_path, *mypy, "wrong.py")
    faults = re.findall(r"error: .*\[([a-z-]+)\]$", output, re.MULTILINE)
    assert Counter(faults) >= Counter(WRONG.values()), output


@pytest.mark.slow
@pytest.mark.skipif(
    not any(map(importlib.util.find_spec, ("pyright", "basedpyright"))), reason="needs pyright"
)
def test_pyright_knows_it_too(written, tmp_path):
    written()
    written("raising.py", raise_errors=True)
    (tmp_path / "uses.py").write_text(USES)
    config = {"typeCheckingMode": "standard", "reportMissingModuleSource": False}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    name = "pyright" if importlib.util.find_spec("pyright") else "basedpyright"
    where = ("--pythonpath", sys.executable)
    code, output = run(tmp_path, name, *where, "uses.py", "card.py", "raising.py")
    assert code == 0, output
    (tmp_path / "wrong.py").write_text("\n".join(["from card import trade", *WRONG]))
    code, output = run(tmp_path, name, *where, "wrong.py")
    assert output.count("error:") >= len(WRONG), output

"""`manage.py eaglet_client`: the module it writes, and what calls with it put on the wire."""

import datetime
import importlib.util
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from eaglet.client import ResourceError

from ..recording_server import Reply, envelope

# What `manage.py openapi` writes for the test project's `api`, but for the responses.
DOCUMENT = json.loads(Path(__file__).with_name("openapi_document.json").read_text("utf-8"))


def written(tmp_path, document=DOCUMENT, name="api.py", **options):
    source = tmp_path / "openapi.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    output = tmp_path / name
    call_command("eaglet_client", source, output=output, **options)
    return output


def imported(file):
    spec = importlib.util.spec_from_file_location(f"written_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def document(paths, **info):
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1", **info}, "paths": paths}


def operation(*parameters, **told):
    return {
        "responses": {},
        "parameters": [
            {"in": "query", "name": name, "required": True, "schema": {}} for name in parameters
        ],
        **told,
    }


@pytest.fixture
def api(card, settings, tmp_path):
    """The written module of a service, and the server it calls."""
    settings.EAGLET_SERVICES = {"api": {"HOST": card.url}}
    module = imported(written(tmp_path))
    module.server = card
    return module


def test_a_call_goes_to_the_resource_with_the_parameters_that_are_given(api):
    assert api.demo.data.get(id=7)["data"] == {"ok": True}
    [call] = api.server.received
    assert (call.method, call.target) == ("GET", "/demo/data/?id=7")


def test_values_go_as_the_client_writes_them(api):
    api.demo.types.post(
        number=1, price=Decimal("1.50"), day=datetime.date(2026, 1, 2), tags=["a"], flag=False
    )
    assert api.server.received[0].json == {
        "number": 1,
        "price": "1.50",
        "day": "2026-01-02",
        "tags": ["a"],
        "flag": False,
    }


def test_a_parameter_that_must_be_given_must_be_given(api):
    with pytest.raises(TypeError, match="'id'"):
        api.demo.data.get(name="x")
    assert api.server.received == []


def test_failures_are_none_unless_the_module_is_written_to_raise_them(api, tmp_path):
    api.server.answer = lambda request: Reply(envelope(code=1101, message="no such thing"))
    assert api.demo.data.get(id=7) is None
    raising = imported(written(tmp_path, name="raising.py", service="api", raise_errors=True))
    with pytest.raises(ResourceError, match="no such thing"):
        raising.demo.data.get(id=7)


def test_the_module_says_the_version_and_what_the_document_says(tmp_path):
    text = written(tmp_path).read_text(encoding="utf-8")
    module = imported(tmp_path / "api.py")
    assert (module.SERVICE, module.VERSION) == ("api", "1.4.2")
    assert module.demo.data.get.__doc__.split() == ["Read", "data.", "Grants:", "demo.data:get."]
    assert not hasattr(module, "auth")  # the client gets tokens by itself
    assert "number: int,\n        text: str | None = None," in text


def test_resources_of_the_app_of_the_service_s_name_stand_in_the_module_itself(tmp_path):
    paths = {
        "/shop/v1/card/trade/": {"post": operation("a")},  # below the prefix of the service's HOST
        "/member/points/": {"get": {}},
    }
    module = imported(written(tmp_path, document(paths), "card.py"))
    assert callable(module.trade.post)
    assert callable(module.member.points.get)


def test_the_same_document_makes_the_same_file(tmp_path):
    first = written(tmp_path).read_bytes()
    shuffled = {**DOCUMENT, "paths": dict(reversed(DOCUMENT["paths"].items()))}
    assert written(tmp_path, shuffled).read_bytes() == first


def test_check_fails_with_the_difference_and_writes_nothing(tmp_path):
    output = written(tmp_path)
    before = output.read_bytes()
    written(tmp_path, check=True)
    changed = {**DOCUMENT, "info": {"title": "api", "version": "1.5.0"}}
    with pytest.raises(CommandError, match=r"-VERSION: Final = '1\.4\.2'\n\+VERSION.*'1\.5\.0'"):
        written(tmp_path, changed, check=True)
    assert output.read_bytes() == before
    with pytest.raises(CommandError, match="--output"):
        call_command("eaglet_client", tmp_path / "openapi.json", check=True)


def test_without_a_file_the_module_goes_to_standard_output(tmp_path, capsys):
    text = written(tmp_path).read_text(encoding="utf-8")
    call_command("eaglet_client", tmp_path / "openapi.json")
    assert capsys.readouterr().out == text


@pytest.mark.parametrize("at", ["", "/", "/openapi.json"])
def test_a_service_is_asked_for_its_document(server, tmp_path, at):
    server.always(DOCUMENT)
    call_command("eaglet_client", server.url + at, output=tmp_path / "api.py")
    assert server.received[0].target == "/openapi.json"
    assert callable(imported(tmp_path / "api.py").demo.data.get)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply("", 302, {"Location": "/admin/login/"}), "EAGLET_CONSOLE"),
        (Reply({}, 403), "manage.py openapi"),
        (Reply({}, 500), "HTTP 500"),
        (Reply("<html></html>", content_type="text/html"), "no OpenAPI 3 document|is not JSON"),
        (Reply([]), "no OpenAPI 3 document"),
        (Reply({"openapi": "2.0", "paths": {}}), "no OpenAPI 3 document"),
        (Reply({"openapi": "3.1.0", "paths": {}}), "no resource that can be called"),
        (Reply({"openapi": "3.1.0", "paths": {"/a/{b}/": {"get": {"responses": {}}}}}), "no resou"),
    ],
    ids=["login", "forbidden", "fault", "html", "list", "swagger", "empty", "no resources"],
)
def test_what_is_no_document_is_one_clear_error_and_the_file_stays(server, tmp_path, reply, said):
    output = tmp_path / "api.py"
    output.write_text("# as it was\n")
    server.answer = lambda request: reply
    with pytest.raises(CommandError, match=said):
        call_command("eaglet_client", server.url, output=output)
    assert output.read_text() == "# as it was\n"
    assert [file.name for file in tmp_path.iterdir()] == ["api.py"]


def test_a_source_or_a_folder_that_is_not_there_is_one_clear_error(tmp_path, server):
    server.stop()
    for source in (str(tmp_path / "nothing.json"), server.url, "http://[", "http://a b/"):
        with pytest.raises(CommandError, match="can't be read"):
            call_command("eaglet_client", source)
    with pytest.raises(CommandError, match="can't be written: No such file"):
        written(tmp_path, name="nowhere/api.py")


def test_a_path_that_is_no_resource_s_is_told_of(tmp_path, capsys):
    paths = {"/demo/types/": {"get": operation(), "head": operation()}, "/a/{b}/": {"get": {}}}
    written(tmp_path, document(paths))
    assert "left out: get '/a/{b}/'" in capsys.readouterr().err


LONG = {
    "parameters": [
        {"in": "query", "name": name, "schema": {"x-eaglet-type": "list"}}
        for name in ("x" * 90, "list", '😀\u200b\'""')
    ]
}
HOSTILE = '"""\nimport os; os.abort()\n\\"""\\'


@pytest.mark.slow
def test_what_a_stranger_writes_is_data_and_never_code(tmp_path):
    paths = {
        "/a.b-c/1x/": {
            "get": operation(
                HOSTILE, "class", "a-b", "a_b", "self", "call", "SERVICE", "__x", "naïve", "",
                summary=HOSTILE, **{"x-eaglet-grants": [HOSTILE]},
            )
        },
        "/datetime/Final/": {"get": operation()},
        "/list/str/": {"get": LONG, "put": {}},
        "/1/2/": {"get": operation()},
        "/" + HOSTILE + "/x/": {"get": operation()},
    }  # fmt: skip
    output = written(tmp_path, document(paths, version=HOSTILE), "t.py")
    module = imported(output)
    assert module.VERSION == HOSTILE
    assert callable(module.datetime_.Final_.get)
    get = module.a_b_c._1x.get
    names = get.__kwdefaults__ or {}
    assert names == {}
    arguments = get.__func__.__code__.co_varnames[: get.__func__.__code__.co_kwonlyargcount + 1]
    assert set(arguments) >= {"self", "class_", "a_b", "a_b_", "self_", "call_", "SERVICE_", "_x"}
    clean_by_ruff_and_mypy(output)


def clean_by_ruff_and_mypy(file):
    for command in (
        ["ruff", "check", "--isolated", "--no-cache"],
        ["ruff", "format", "--isolated", "--no-cache", "--check"],
        ["mypy", "--strict", "--follow-imports=silent", "--config-file=", "--cache-dir=/dev/null"],
    ):
        checked = subprocess.run(
            [sys.executable, "-m", *command, str(file)], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.slow
def test_the_module_passes_ruff_and_strict_mypy_as_it_is(tmp_path):
    clean_by_ruff_and_mypy(written(tmp_path))
    clean_by_ruff_and_mypy(written(tmp_path, name="demo.py", raise_errors=True))

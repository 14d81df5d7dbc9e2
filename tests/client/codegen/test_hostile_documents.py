"""Documents that are made to break the module `manage.py eaglet_client` writes, or its text."""

import pytest
from django.core.management import CommandError, call_command

from ..recording_server import Reply
from .test_typed_callers import clean_by_ruff_and_mypy, document, imported, operation, written

LONG = "a" * 100


def test_names_of_parameters_reach_the_wire_as_they_are(card, settings, tmp_path):
    settings.EAGLET_SERVICES = {"card": {"HOST": card.url}}
    paths = {"/card/trade/": {"post": operation("\U0001f600\n", "type", "match", "it's")}}
    module = imported(written(tmp_path, document(paths), "card.py"))
    module.trade.post(_=1, type=2, match=3, it_s=4)
    assert card.received[0].json == {"\U0001f600\n": 1, "type": 2, "match": 3, "it's": 4}


def test_a_version_is_kept_whatever_characters_are_in_it(tmp_path):
    version = '\U0001f600\n\x00\x7f\u2028\u202e\\""\'鹰'
    module = imported(written(tmp_path, document({"/a/b/": {"get": operation()}}, version=version)))
    assert version == module.VERSION


@pytest.mark.slow
def test_the_module_passes_ruff_and_mypy_whatever_the_names(tmp_path):
    paths = {
        "/str/dict/": {"get": operation("x")},
        "/_AB/x/": {"get": operation()},
        "/a/Final/": {"get": operation()},
        f"/a/{LONG}/": {"get": operation(LONG)},
        f"/{LONG}/b/": {"get": operation()},
        "/a/b/": {"get": operation('a"b"c\'', summary="中文" * 60), "post": operation("y")},
    }
    for one in paths.values():
        for told in one.values():
            for parameter in told["parameters"]:
                parameter["schema"] = {"type": "string"}
    output = written(tmp_path, document(paths, version=f'""\'{LONG}'), "t.py")
    imported(output)
    clean_by_ruff_and_mypy(output)


def test_paths_of_yaml_need_not_be_strings(tmp_path):
    source = tmp_path / "openapi.yaml"
    source.write_text("openapi: 3.1.0\npaths:\n  1: {}\n  /a/b/: {get: {responses: {}}}")
    call_command("eaglet_client", source, output=tmp_path / "x.py")
    module = imported(tmp_path / "x.py")
    assert callable(module.a.b.get)
    assert module.VERSION == ""


def test_an_error_tells_nothing_secret_of_the_url(server):
    server.answer = lambda request: Reply({}, 403)
    url = server.url.replace("://", "://user:s3cret@") + "/openapi.json?token=s3cret"
    with pytest.raises(CommandError) as raised:
        call_command("eaglet_client", url)
    assert "s3cret" not in str(raised.value)
    assert f"{server.url}/openapi.json" in str(raised.value)


def test_check_tells_of_a_file_that_is_no_text(tmp_path):
    (tmp_path / "t.py").write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="not up to date"):
        written(tmp_path, document({"/a/b/": {"get": operation()}}), "t.py", check=True)
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(CommandError, match="can't be read"):
        written(tmp_path, document({"/a/b/": {"get": operation()}}), "folder.py", check=True)


@pytest.mark.parametrize("text", ["&a\nopenapi: 3.1.0\ninfo: *a", "openapi: 3.1.0\n2026-01-01: 1"])
def test_what_only_yaml_can_say_is_told_in_a_line(tmp_path, text):
    source = tmp_path / "openapi.yaml"
    source.write_text(text)
    with pytest.raises(CommandError, match=r"openapi\.yaml is not YAML"):
        call_command("eaglet_client", source)

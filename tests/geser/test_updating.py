"""`geser update`: the template's changes, the user's edits kept, conflicts marked."""

import json
import subprocess

import pytest

NOW = '"CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),'
THEN = '"CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=0),'


def git(service, *arguments):
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=service, check=True, capture_output=True)


@pytest.fixture
def commit(service):
    """Commit what stands in the service."""
    git(service, "init", "--quiet")

    def commit_all():
        git(service, "add", "--all")
        git(service, "commit", "--quiet", "--allow-empty", "--message", "x")

    return commit_all


@pytest.fixture
def written_before(service):
    """Have the service be as an older template would have written it."""

    def age(path, text):
        told = json.loads((service / ".geser.json").read_text())
        if text is None:
            del told["written"][path]
            (service / path).unlink()
        else:
            told["written"][path] = text
            (service / path).write_text(text)
        (service / ".geser.json").write_text(json.dumps(told))

    return age


@pytest.fixture
def older(service, written_before):
    """A service whose template said CONN_MAX_AGE = 0."""
    written_before("settings.py", (service / "settings.py").read_text().replace(NOW, THEN))


def edit(file, before, after):
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def test_where_the_template_is_the_same_nothing_is_done(geser, service, commit, present):
    edit(service / "settings.py", '"UTC"', '"Asia/Shanghai"')
    commit()
    before = present(service)
    assert geser("update") == (0, "The templates have changed nothing.\n")
    assert present(service) == before


def test_the_templates_change_comes_and_the_users_edit_stays(geser, service, older, commit):
    edit(service / "settings.py", '"UTC"', '"Asia/Shanghai"')
    commit()
    assert geser("update") == (0, "settings.py: changed\n")
    text = (service / "settings.py").read_text()
    assert NOW in text
    assert '"Asia/Shanghai"' in text
    commit()
    assert geser("update") == (0, "The templates have changed nothing.\n")


def test_a_conflict_is_marked_and_told_and_the_update_fails(geser, service, older, commit):
    mine = THEN.replace("0", "600")
    edit(service / "settings.py", THEN, mine)
    commit()
    code, printed = geser("update")
    assert code == 1
    assert "settings.py: CONFLICTS" in printed
    text = (service / "settings.py").read_text()
    assert text.index("<<<<<<< yours") < text.index(mine) < text.index("=======")
    assert text.index("=======") < text.index(NOW) < text.index(">>>>>>> the template now")


def test_a_file_the_user_deleted_stays_deleted(geser, service, older, commit):
    (service / "settings.py").unlink()
    commit()
    code, printed = geser("update")
    assert code == 0
    assert "settings.py: left away" in printed
    assert not (service / "settings.py").exists()


def test_a_file_new_in_the_template_is_added(geser, service, written_before, commit):
    written_before("Dockerfile", None)
    commit()
    assert geser("update") == (0, "Dockerfile: added\n")
    assert (service / "Dockerfile").read_text().startswith("# Dependencies")


def test_a_file_new_in_the_template_leaves_the_users_own_alone(
    geser, service, written_before, commit
):
    written_before("Dockerfile", None)
    (service / "Dockerfile").write_text("mine")
    commit()
    code, printed = geser("update")
    assert code == 0
    assert "Dockerfile: left alone" in printed
    assert (service / "Dockerfile").read_text() == "mine"


@pytest.mark.parametrize("edited", [False, True])
def test_a_file_the_template_has_no_more_goes_unless_it_was_edited(
    geser, service, written_before, commit, edited
):
    written_before("old.py", "old\n")
    if edited:
        (service / "old.py").write_text("mine\n")
    commit()
    geser("update")
    assert (service / "old.py").exists() is edited


def test_what_was_added_later_and_the_secrets_are_not_touched(geser, service, older, commit):
    geser("add", "resource", "mall.order")
    added, secrets = service / "api/mall/a_order.py", (service / ".env").read_bytes()
    added.write_text("mine")
    commit()
    geser("update")
    assert added.read_text() == "mine"
    assert (service / ".env").read_bytes() == secrets


def test_the_update_of_a_given_requirement_keeps_it(geser, tmp_path, monkeypatch):
    given = "eaglet @ git+https://HOST/eaglet.git@v0.1.0"
    geser("new", "card_service", "--eaglet", given)
    monkeypatch.chdir(tmp_path / "card_service")
    assert geser("update", "--force") == (0, "The templates have changed nothing.\n")


def test_without_a_commit_to_go_back_to_it_is_refused(geser, service, older, commit):
    commit()
    edit(service / "settings.py", '"UTC"', '"Asia/Shanghai"')
    before = (service / "settings.py").read_text()
    code, printed = geser("update")
    assert code == 1
    assert "not committed" in printed
    assert (service / "settings.py").read_text() == before
    assert geser("update", "--force")[0] == 0
    assert NOW in (service / "settings.py").read_text()


def test_outside_a_repository_it_is_refused(geser, service, older, monkeypatch, tmp_path):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    code, printed = geser("update")
    assert code == 1
    assert "no git repository" in printed


def test_a_service_that_a_newer_eaglet_wrote_is_refused(geser, service, older):
    told = json.loads((service / ".geser.json").read_text())
    (service / ".geser.json").write_text(json.dumps({**told, "template": "99.0.0"}))
    code, printed = geser("update", "--force")
    assert code == 1
    assert "written by eaglet 99.0.0" in printed


@pytest.mark.parametrize("text", ["", "[]", "{}", "not JSON"])
def test_a_record_that_is_broken_is_told(geser, service, text):
    (service / ".geser.json").write_text(text)
    code, printed = geser("update", "--force")
    assert code == 1
    assert "can't be read" in printed


def test_a_file_that_is_no_text_is_told_and_nothing_written(geser, service, older):
    (service / "settings.py").write_bytes(b"\xff\xfe")
    code, printed = geser("update", "--force")
    assert code == 1
    assert "settings.py can't be read" in printed
    assert (service / "settings.py").read_bytes() == b"\xff\xfe"

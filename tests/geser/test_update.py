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


def test_a_service_that_a_newer_eaglet_wrote_is_refused(geser, service, older):
    told = json.loads((service / ".geser.json").read_text())
    (service / ".geser.json").write_text(json.dumps({**told, "template": "99.0.0"}))
    code, printed = geser("update", "--force")
    assert code == 1
    assert "written by eaglet 99.0.0" in printed


@pytest.fixture
def manifest(service):
    """Change what stands in the service's `.geser.json`."""

    def change(**parts):
        file = service / ".geser.json"
        found = json.loads(file.read_text())
        for part, values in parts.items():
            found[part] = {**found[part], **values} if isinstance(values, dict) else values
        file.write_text(json.dumps(found))

    return change


@pytest.mark.parametrize(
    "path",
    ["../victim", "/tmp/victim", "api/../../victim", ".git/config", ".GIT/x", "a//b", "", "."],
)
def test_a_path_that_leads_out_of_the_service_is_refused(geser, service, manifest, path):
    victim = service.parent / "victim"
    victim.write_text("known")
    manifest(written={path: "known"})
    for command in (["update", "--force"], ["add", "task", "ordered"]):
        code, printed = geser(*command)
        assert code == 1
        assert "no path of a file in a service" in printed
    assert victim.read_text() == "known"


@pytest.mark.parametrize(
    "answers",
    [
        {"app": "../../evil"},
        {"app": 'x"""\nimport os\n"""'},
        {"app": 7},
        {"name": "../evil"},
        {"name": "json"},
        {"name": ["a"]},
        {"requirement": "eaglet\nevil"},
        {"requirement": "django"},
        {"requirement": 7},
    ],
)
@pytest.mark.parametrize("command", [["update", "--force"], ["add", "task", "ordered"]])
def test_a_name_that_new_would_refuse_is_refused(
    geser, service, manifest, present, answers, command
):
    manifest(answers=answers)
    before = present(service.parent)
    assert geser(*command)[0] == 1
    assert present(service.parent) == before


@pytest.mark.parametrize("linked", ["settings.py", "api"])
def test_a_symbolic_link_is_left_alone(geser, service, manifest, present, linked):
    outside = service.parent / "outside"
    (service / linked).rename(outside)
    (service / linked).symlink_to(outside)
    manifest(written={"settings.py": "old", "api/__init__.py": "old"})
    before = outside.read_bytes() if outside.is_file() else present(outside)
    _, printed = geser("update", "--force")
    assert f"left alone: {linked} is a symbolic link" in printed
    assert (outside.read_bytes() if outside.is_file() else present(outside)) == before


def test_the_manifest_is_not_read_through_a_link(geser, service):
    (service / ".geser.json").rename(service / "elsewhere")
    (service / ".geser.json").symlink_to("elsewhere")
    assert ".geser.json is a symbolic link" in geser("update", "--force")[1]


def test_the_folders_own_git_configuration_runs_nothing(geser, service, older, commit, tmp_path):
    commit()
    git(service, "config", "core.fsmonitor", f"touch {tmp_path}/ran; false")
    assert geser("update")[0] == 0
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("edited", [False, True])
def test_a_file_with_cr_lf_keeps_its_line_ends(geser, service, older, commit, edited):
    file = service / "settings.py"
    if edited:
        edit(file, '"UTC"', '"Asia/Shanghai"')
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    commit()
    assert geser("update") == (0, "settings.py: changed\n")
    text = file.read_bytes()
    assert NOW.encode() in text
    assert text.count(b"\n") == text.count(b"\r\n")
    assert (b"Asia/Shanghai" in text) is edited

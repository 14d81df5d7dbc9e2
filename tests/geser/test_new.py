"""`geser new`: what it writes, and what it refuses."""

import re
import stat
import subprocess
import sys

import pytest

from eaglet import __version__
from eaglet.geser import requirement as requirements

LAYOUT = {
    ".ci/run",
    ".dockerignore",
    ".env",
    ".env.example",
    ".geser.json",
    ".gitignore",
    "Dockerfile",
    "README.md",
    "api/__init__.py",
    "api/decorators.py",
    "api/member/__init__.py",
    "api/member/a_greeting.py",
    "business/__init__.py",
    "business/greetings.py",
    "business/migrations/0001_greetings.py",
    "business/migrations/__init__.py",
    "business/models.py",
    "compose.yaml",
    "manage.py",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements.txt",
    "serve",
    "settings.py",
    "static/.gitkeep",
    "tasks/__init__.py",
    "tasks/greeted.py",
    "tests/__init__.py",
    "tests/conftest.py",
    "tests/settings.py",
    "tests/test_greeting.py",
    "tests/test_service.py",
    "urls.py",
    "wsgi.py",
}


def test_it_writes_a_whole_service(service, present):
    files = present(service)
    assert set(files) == LAYOUT
    assert not [path for path, text in files.items() if "{{" in text or "{%" in text]


def test_secrets_are_fresh_and_in_the_env_file_alone(geser, service, present, tmp_path):
    told = dict(re.findall(r"^([A-Z_]+)=(.*)$", (service / ".env").read_text(), re.MULTILINE))
    secrets = [told[name] for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "RABBITMQ_PASSWORD")]
    assert all(len(secret) >= 40 for secret in secrets)
    assert stat.S_IMODE((service / ".env").stat().st_mode) == 0o600
    others = "".join(text for path, text in present(service).items() if path != ".env")
    assert not [secret for secret in secrets if secret in others]
    example = (service / ".env.example").read_text()
    for name in told:
        assert re.search(rf"^{name}=(false)?$", example, re.MULTILINE)

    geser("new", "other_service")
    assert not [s for s in secrets if s in (service / "other_service" / ".env").read_text()]


def test_git_ignores_the_secrets(service):
    def git(*arguments):
        return subprocess.run(
            ["git", *arguments], cwd=service, capture_output=True, text=True, check=False
        )

    git("init", "--quiet")
    assert git("check-ignore", ".env", "db.sqlite3", ".venv/").stdout.split() == [
        ".env",
        "db.sqlite3",
        ".venv/",
    ]
    assert git("check-ignore", ".env.example", "static/.gitkeep").returncode == 1


def test_the_image_gets_neither_secrets_nor_a_root_user_nor_a_strict_umask(service):
    assert ".env" in (service / ".dockerignore").read_text().split()
    dockerfile = (service / "Dockerfile").read_text()
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)[-1].endswith("-slim")
    assert re.findall(r"^USER (\S+)", dockerfile, re.MULTILINE) == ["service"]
    assert "chmod -R go+rX ." in dockerfile


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("member-service", "like 'member_service'"),
        ("MemberService", "like 'member_service'"),
        ("1st", "begins with a letter"),
        ("_x", "begins with a letter"),
        ("", "begins with a letter"),
        ("a b", "like 'a_b'"),
        ("../evil", "like 'evil'"),
        ("a/b", "lower-case letters"),
        ("会员", "lower-case letters"),
        ("class", "keyword"),
        ("json", "standard library"),
        ("logging", "standard library"),
        ("test", "installed module"),
        ("django", "installed module"),
        ("eaglet", "installed module"),
        ("rest_framework", "installed module"),
        ("api", "a part of every service"),
        ("settings", "a part of every service"),
        ("a" * 31, "shorter"),
    ],
)
def test_a_name_that_would_not_do_is_refused_with_the_reason(geser, tmp_path, name, reason):
    code, printed = geser("new", name)
    assert code == 1
    assert printed.startswith("geser: ")
    assert reason in printed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_nothing_that_is_there_is_overwritten(geser, tmp_path, kind):
    there = tmp_path / "member_service"
    if kind == "folder":
        there.mkdir()
        (there / "mine").write_text("mine")
    elif kind == "file":
        there.write_text("mine")
    else:
        there.symlink_to(tmp_path / "nowhere")
    code, printed = geser("new", "member_service")
    assert code == 1
    assert "not overwritten" in printed
    assert [path.name for path in tmp_path.iterdir()] == ["member_service"]
    if kind == "folder":
        assert [path.name for path in there.iterdir()] == ["mine"]


def test_a_folder_that_can_not_be_written_is_told(geser, tmp_path, monkeypatch):
    monkeypatch.chdir("/proc")
    code, printed = geser("new", "member_service")
    assert code == 1
    assert "can't be written" in printed


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (None, f"eaglet~={__version__}"),
        (
            '{"url": "https://HOST/eaglet.git", "vcs_info": {"vcs": "git", "commit_id": "abc1", '
            '"requested_revision": "main"}}',
            "eaglet @ git+https://HOST/eaglet.git@abc1",
        ),
        (
            '{"url": "file:///src/eaglet", "vcs_info": {"vcs": "git", "commit_id": "abc1"}}',
            "git+file:///src/eaglet@abc1#egg=eaglet",
        ),
        ('{"url": "file:///src/eaglet", "dir_info": {}}', "eaglet @ file:///src/eaglet"),
        (
            '{"url": "file:///w/eaglet-1-py3-none-any.whl", "archive_info": {}}',
            "eaglet @ file:///w/eaglet-1-py3-none-any.whl",
        ),
    ],
)
def test_the_service_depends_on_the_eaglet_that_wrote_it(
    geser, tmp_path, monkeypatch, origin, requirement
):
    class Installed:
        def read_text(self, name):
            assert name == "direct_url.json"
            return origin

    monkeypatch.setattr(requirements, "distribution", lambda name: Installed())
    _, printed = geser("new", "member_service")
    assert requirement in (tmp_path / "member_service/requirements.txt").read_text().splitlines()
    assert ("of this machine" in printed) == ("file:" in requirement)


def test_credentials_come_in_headers_and_bodies_alone_unless_the_environment_says_so(service):
    code = (
        "import settings as s; "
        "print(s.EAGLET_TOKEN_IN_PARAMETER, s.EAGLET_SECRET_IN_QUERY, s.EAGLET_TRUSTED_PROXIES)"
    )

    def told(**environment):
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, cwd=service, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    assert told() == ["False", "False", "0"]
    opened = {"EAGLET_TOKEN_IN_PARAMETER": "true", "EAGLET_SECRET_IN_QUERY": "true"}
    assert told(**opened, EAGLET_TRUSTED_PROXIES="2") == ["True", "True", "2"]


@pytest.mark.parametrize(
    "given", ["django", "eaglet; rm", "eaglet==1\nevil", "eaglet==1\u2028evil", "eagletx", ""]
)
def test_what_is_no_requirement_of_eaglet_is_refused(geser, tmp_path, given):
    code, printed = geser("new", "member_service", "--eaglet", given)
    assert code == 1
    assert "no requirement of eaglet" in printed
    assert list(tmp_path.iterdir()) == []


def test_the_generator_needs_no_settings_and_starts_no_apps():
    code = (
        "import eaglet.geser.cli, sys; from django.conf import settings; "
        "print(settings.configured, 'rest_framework' in sys.modules, 'celery' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={}
    )
    assert done.stdout.split() == ["False", "False", "False"]

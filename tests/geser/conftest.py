import pytest

from eaglet.geser.cli import main


@pytest.fixture
def geser(tmp_path, monkeypatch, capsys):
    """Run the command line in a folder; what it ended with, and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = main(arguments)
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


@pytest.fixture
def service(geser, tmp_path, monkeypatch):
    """A new service, in whose folder commands run from now on."""
    code, printed = geser("new", "member_service")
    assert code == 0, printed
    monkeypatch.chdir(tmp_path / "member_service")
    return tmp_path / "member_service"


@pytest.fixture
def present():
    """What stands in a folder: each file's text by its path."""

    def read(folder):
        return {
            str(path.relative_to(folder)): path.read_text(encoding="utf-8")
            for path in folder.rglob("*")
            if path.is_file() and ".git" not in path.relative_to(folder).parts
        }

    return read

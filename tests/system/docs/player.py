"""Plays a page: writes its files, runs its commands and its Python, in a service of its own."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import yaml

from tests.geser.generated import outer_environment
from tests.system.docs.blocks import Block
from tests.system.docs.scenario import Scenario
from tests.system.docs.shell import Shell

HERE = Path(__file__).resolve().parent
PORTS = (8000, 8001, 9100)
"""Those that pages speak of; each play has free ones in their place."""
_START = """
import django
django.setup()
from django.core.management import call_command
call_command("check", fail_level="ERROR")
"""
_AS_BLOCKS = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='blocks')"
_PASTED = re.compile(r'^(APP_KEY|APP_SECRET) = "(.+)"$', re.MULTILINE)
_TOKEN = re.compile(r"egt_[\w-]+")
_IS_TEST = re.compile(r"^def test_|^class \w+\(TestCase\)", re.MULTILINE)


class Player:
    """One play of one page."""

    def __init__(
        self, page: str, scenario: Scenario, folder: Path, service: Path, *, is_bare: bool = False
    ) -> None:
        """Args: is_bare: whether what is installed on the page really is, from nothing."""
        self.scenario = scenario
        self.given = HERE / "given" / page.removesuffix(".md").replace("/", "-")
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.service = self.home
        if not scenario.from_nothing:
            self.service = self.home / service.name
            shutil.copytree(service, self.service)
        self.ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
        self.environment = {
            **outer_environment(),
            "HOME": str(self.home),
            "EAGLET_QUEUE_DIR": str(folder / "queue"),
            "PATH": f"{HERE / 'commands'}{os.pathsep}{outer_environment()['PATH']}",
            "TEST_PYTHON": sys.executable,
        }
        if is_bare:
            commands = folder / "commands"
            commands.mkdir()
            (commands / "python3").symlink_to(sys._base_executable)
            self.environment["PATH"] = f"{commands}{os.pathsep}{os.environ['PATH']}"
            # The reader's own settings of pip, as their index.
            self.environment["XDG_CONFIG_HOME"] = str(Path("~/.config").expanduser())
        self._script: list[str] = []
        self._written_tests: list[str] = []
        self._written_files = False
        self._printed: list[str] = []
        self._pasted: dict[str, str] = {}
        self._is_served = False

    def play(self, blocks: Iterable[Block]) -> None:
        """Run every block; AssertionError, naming the block, for the first that fails."""
        logs = self.folder / "logs"
        logs.mkdir()
        with Shell(self.service, logs, self.environment) as shell:
            self.shell = shell
            self._lay_out()
            for block in blocks:
                if block.first_line in self.scenario.not_run:
                    continue
                way = self._claimed(block)
                if way != self._run_python:
                    self._run_script()
                way(block)
            self._run_script()
            if self._written_tests:
                shell.run(f"python -m pytest -q {shlex.join(self._written_tests)}")
            elif self._written_files:
                shell.run("python manage.py check --fail-level ERROR")
        self._check_printed()

    @property
    def _here(self) -> Path:
        """The folder that the shell is in."""
        return self.shell.folder

    def _check_printed(self) -> None:
        rest = "\n".join(self._printed)
        for expected in self.scenario.prints:
            _, found, rest = rest.partition(expected)
            assert found, f"{expected!r} is not printed where it should be in\n{self._printed}"

    def _claimed(self, block: Block) -> Callable[[Block], None]:
        ways: dict[str, Callable[[Block], None]] = {
            "console": self._compare,
            "json": self._parse_json,
            "python": self._run_python,
            "sh": self._run_shell,
            "yaml": self._parse_yaml,
        }
        if block.file is not None:
            return self._write
        assert block.language in ways, f"{block.where}: nobody runs {block.language!r}"
        return ways[block.language]

    def _lay_out(self) -> None:
        for path in sorted(self.given.rglob("*")) if self.given.is_dir() else ():
            name = str(path.relative_to(self.given))
            if path.is_file() and path.suffix != ".pyc" and name != "before.py":
                self._write_file(name, self._as_typed(path.read_text(encoding="utf-8")))
        if any(self.given.rglob("models.py")):
            self.shell.run("python manage.py migrate --run-syncdb --verbosity 0")
        if self.scenario.prepared:
            self._run(self.scenario.prepared)

    def _write(self, block: Block) -> None:
        assert block.file is not None
        self._write_file(block.file, self._as_typed(block.code))

    def _write_file(self, name: str, text: str) -> None:
        path = self._here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py" and path.parent != self._here:
            # A folder of Python is a package, for whoever makes one.
            for folder in Path(name).parents[:-1]:
                (self._here / folder / "__init__.py").touch()
        if path.name in ("settings.py", ".env") and path.exists():
            text = f"{path.read_text(encoding='utf-8')}\n{text}"
        path.write_text(text, encoding="utf-8")
        self._written_files = True
        if path.name.startswith("test_"):
            self._written_tests.append(str(path))

    def _run_shell(self, block: Block) -> None:
        self._printed.append(self._run(block.code))
        self._written_files &= "manage.py" not in block.code

    def _run(self, code: str) -> str:
        """Run commands; their reader has at hand from then on what they print to be pasted."""
        printed = self.shell.run(self._as_typed(code))
        for name, value in _PASTED.findall(printed):
            self._pasted[name] = value
            self.shell.run(f"{name}={shlex.quote(value)}")
        if token := _TOKEN.search(printed):
            self._pasted["token"] = token[0]
        return printed

    def _compare(self, block: Block) -> None:
        """Run what stands behind `$ `; compare what stands below, but for `…` and spaces."""
        for part in re.split(r"^\$ ", block.code, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            printed = self._run(command)
            parts = "".join(expected.split()).split("…")
            pattern = ".*".join(re.escape(part) for part in parts)
            for text in self.scenario.differs:
                shown = re.escape("".join(text.split()))
                pattern = pattern.replace(shown, re.sub(r"[0-9a-f]", "[0-9a-f]", shown))
            assert not any(parts) or re.fullmatch(pattern, "".join(printed.split())), (
                f"{block.where}: {command}\nprints\n{printed}\nand not\n{expected}"
            )

    def _run_python(self, block: Block) -> None:
        if _IS_TEST.search(block.code):
            before = self.given / "before.py"
            begins = before.read_text(encoding="utf-8") if before.exists() else ""
            self._write_file(f"tests/test_line_{block.line}.py", f"{begins}\n{block.code}")
            return
        self._script.append(self._as_typed(block.code))

    def _run_script(self) -> None:
        """Run the blocks of Python since the last block that was none."""
        if not self._script:
            return
        before = self.given / "before.py"
        begins = before.read_text(encoding="utf-8") if before.exists() else ""
        script = self.folder / "logs" / "script.py"
        script.write_text("\n".join([_START, begins, *self._script]), encoding="utf-8")
        self._script.clear()
        self._written_files = False
        finished = subprocess.run(
            [sys.executable, "-c", _AS_BLOCKS, script],
            cwd=self._here,
            env={"DJANGO_SETTINGS_MODULE": "settings", **self.environment, **self._pasted},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, f"{script.read_text()}\n{finished.stderr}"

    def _parse_json(self, block: Block) -> None:
        json.loads(block.code)

    def _parse_yaml(self, block: Block) -> None:
        for document in yaml.safe_load_all(block.code):
            assert isinstance(document, dict), block.where

    def _as_typed(self, code: str) -> str:
        for shown, typed in self.scenario.instead.items():
            code = code.replace(shown, typed)
        for name in ("APP_KEY", "APP_SECRET"):
            if name in self._pasted:
                code = re.sub(rf'{name}( ?= ?)"…"', rf'{name}\1"{self._pasted[name]}"', code)
        code = code.replace("egt_…", self._pasted.get("token", "egt_…"))
        if self.scenario.served and ":8000" in code and not self._is_served:
            self._is_served = True
            self.shell.run(f"gunicorn --bind 127.0.0.1:{self.ports[8000]} --threads 4 wsgi")
        for shown_port, port in self.ports.items():
            code = re.sub(rf"\b{shown_port}\b", str(port), code)
        return code


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all of them different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()

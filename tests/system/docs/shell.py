"""A shell that runs the blocks of one page as a reader types them, one after the other."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

_GOES_ON = re.compile(
    r"^(?P<command>[^#\n]*\b(?:runserver|gunicorn|celery [^#\n]*\bworker|manage\.py (?:worker|dev)"
    r"|relay_tasks)\b(?!.*--once)[^#\n&]*?)(?P<comment>\s+#.*)?$",
    re.MULTILINE,
)
"""A command that does not end, and that a reader gives a terminal of its own."""
_READY = {
    "runserver": "Quit the server",
    "manage.py dev": "Quit the server",
    "gunicorn": "Listening at",
    "worker": "queues]",
}
_PROLOGUE = r"""
trap 'trap - TERM; kill 0' EXIT
set -eo pipefail
until_ready() {  # LOG TEXT
    if [ -z "$2" ]; then return; fi
    for _ in $(seq 600); do
        if grep -qF "$2" "$1" 2>/dev/null; then return; fi
        sleep 0.1
    done
    cat "$1"
    return 1
}
"""


class Shell:
    """A bash in a folder; leaving the context ends it, and all that it has started."""

    def __init__(self, folder: Path, logs: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._logs = logs
        self._count = 0
        told, self._tell = os.pipe()
        self._told = os.fdopen(told)
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env={**environment, "TOLD": str(self._tell)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            pass_fds=[self._tell],
            start_new_session=True,
        )
        os.close(self._tell)
        self._send(_PROLOGUE)

    def run(self, code: str) -> str:
        """Run a block; what it has printed. AssertionError, with that, if any of it fails."""
        self._count += 1
        script = self._logs / f"{self._count}.sh"
        output = self._logs / f"{self._count}.out"
        script.write_text(self._in_background(code), encoding="utf-8")
        # The pipe is the shell's own: a process in the background must not hold it open.
        self._send(
            f". '{script}' {self._tell}>&- > '{output}' 2>&1 < /dev/null\n"
            f"printf 'done\\t%s\\n' \"$PWD\" >&{self._tell}\n"
        )
        answer = self._told.readline()
        printed = output.read_text(encoding="utf-8", errors="replace")
        assert answer.startswith("done"), f"{code}\nfails with\n{printed}"
        self.folder = Path(answer.rstrip("\n").partition("\t")[2])
        return printed

    def _in_background(self, code: str) -> str:
        def rewritten(found: re.Match[str]) -> str:
            command = found["command"]
            log = self._logs / f"{self._count}-{found.start()}.log"
            ready = next((text for word, text in _READY.items() if word in command), "")
            return f"{{ {command}; }} > '{log}' 2>&1 &\nuntil_ready '{log}' '{ready}'"

        return _GOES_ON.sub(rewritten, code.replace("\\\n", " "))

    def _send(self, text: str) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.write(text)
        self._bash.stdin.flush()

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *raised: object) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._bash.pid, number)
            except ProcessLookupError:
                break
            if number == signal.SIGTERM:
                try:
                    self._bash.wait(5)
                except subprocess.TimeoutExpired:
                    continue
        self._bash.wait()
        if self._bash.stdin is not None:
            self._bash.stdin.close()
        self._told.close()

"""What the demonstration prints; secrets and tokens are masked in all of it."""

import json
import sys
import textwrap
from typing import Any, TextIO

import requests

MASK = "****"
_WIDTH = 100
_ABBREVIATED_TO = 150


class Narrator:
    """Prints steps, calls and their answers."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._hidden: list[str] = []
        self._steps = 0

    def hide(self, secret: str) -> str:
        """Mask a secret in everything that is printed from now on; gives it back."""
        self._hidden.append(secret)
        return secret

    def step(self, title: str) -> None:
        """Begin a step."""
        self._steps += 1
        self._print(f"\n{self._steps}. {title}")

    def say(self, text: str) -> None:
        """Explain."""
        self._print(textwrap.fill(text, _WIDTH, initial_indent="   ", subsequent_indent="   "))

    def call(self, response: requests.Response, sent: Any = None) -> None:
        """Print a call, with the JSON it sent if that is given, and its answer, abbreviated."""
        request = response.request
        sends = "  (Authorization: Bearer ****)" if "Authorization" in request.headers else ""
        self._print(f"   > {request.method} {request.url}{sends}")
        if sent is not None:
            self._print(f"   > {json.dumps(sent, ensure_ascii=False)}")
        # Masked before it is cut: half a token would not be known for one.
        body = self._masked(" ".join(response.text.split()))
        if len(body) > _ABBREVIATED_TO:
            body = f"{body[:_ABBREVIATED_TO]}…"
        self._print(f"   < {response.status_code} {response.reason}  {body}")

    def passed(self, text: str) -> None:
        """Say what was found to be so."""
        self._print(f"   ok: {text}")

    def line(self, text: str = "") -> None:
        """Print a line, or several, as they are."""
        self._print(text)

    def _print(self, text: str) -> None:
        self._stream.write(f"{self._masked(text)}\n")
        self._stream.flush()

    def _masked(self, text: str) -> str:
        for secret in self._hidden:
            text = text.replace(secret, MASK)
        return text

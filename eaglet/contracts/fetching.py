"""Ask another service for a document, over HTTP: bounded, and never by way of somebody else."""

import os
import time
from collections.abc import Mapping
from typing import Final

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError

TIMEOUT_SECONDS: Final = (2, 5)
"""To connect, and between two parts of the answer."""
LONGEST_SECONDS: Final = 30.0
"""For all of them: what answers a byte now and then would be waited for without end."""
_PIECE: Final = 64 * 1024


class UnexpectedStatus(OSError):
    """The answer has another HTTP status than 200."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


def authorities() -> str:
    """Return the file, or folder, of trusted certificates: REQUESTS_CA_BUNDLE's, else certifi's."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH


def fetch(
    url: str,
    *,
    largest_bytes: int,
    form: Mapping[str, str] | None = None,
    credentials: tuple[str, str] | None = None,
    timeout: tuple[float, float] = TIMEOUT_SECONDS,
) -> bytes:
    """Return the body of the answer to a GET, or, with a form, to a POST.

    One that is longer, decompressed, is cut off one byte after `largest_bytes`. `credentials` are
    user and password for HTTP Basic; `timeout` is as TIMEOUT_SECONDS. Redirects are not followed,
    and the environment's proxies and netrc are left out, as they are in calls. Raises
    UnexpectedStatus, and other OSErrors.
    """
    with requests.Session() as session:
        session.trust_env, session.verify = False, authorities()
        with session.request(
            "GET" if form is None else "POST",
            url,
            data=form,
            auth=credentials,
            stream=True,
            timeout=timeout,
            allow_redirects=False,
        ) as answer:
            if answer.status_code != requests.codes.ok:
                raise UnexpectedStatus(answer.status_code)
            content = bytearray()
            ends_at = time.monotonic() + LONGEST_SECONDS
            try:
                while len(content) <= largest_bytes:
                    if not (part := answer.raw.read1(_PIECE, decode_content=True)):
                        break
                    content += part
                    if time.monotonic() > ends_at:
                        raise TimeoutError("the answer takes too long")
            except HTTPError as error:
                raise OSError(str(error)) from error
            return bytes(content[: largest_bytes + 1])

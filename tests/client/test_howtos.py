"""The code in the how-to pages of the client works as it stands there."""

import os
import subprocess
import sys

import pytest

from tests.system.docs.blocks import CHECKOUT, DOCS, blocks_of

pytestmark = pytest.mark.slow


def project_of(page, folder):
    """The files that a page shows, beside settings that lead to none of them."""
    for block in blocks_of(DOCS / "howto" / page):
        if block.language != "python":
            continue
        file = folder / block.first_line.removeprefix("# ")
        file.parent.mkdir(exist_ok=True)
        with file.open("a") as opened:
            opened.write(block.code)
    settings = folder / "settings.py"
    shown = settings.read_text() if settings.exists() else ""
    settings.write_text(f"SECRET_KEY = 'x'\nINSTALLED_APPS = ['eaglet.client']\n{shown}")


def run_pytest(folder):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--ds=settings", "-p", "no:cacheprovider"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}:{CHECKOUT}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_tests_of_test_a_service_pass(tmp_path):
    project_of("test-a-service.md", tmp_path)
    finished = run_pytest(tmp_path)
    assert "8 passed" in finished.stdout, finished.stdout


def test_the_calls_of_call_a_service_do_what_it_says(tmp_path):
    project_of("call-a-service.md", tmp_path)
    settings = tmp_path / "settings.py"
    unique = "INSTALLED_APPS = list(dict.fromkeys(INSTALLED_APPS))\n"
    settings.write_text(settings.read_text() + unique)
    (tmp_path / "test_it.py").write_text(
        "from orders.buying import buy\n"
        "from orders.paying import pay\n"
        "def test_it(fake_services):\n"
        "    fake_services.answers('card', 'card.trade', data={'id': 7})\n"
        "    assert buy('tea') == {'id': 7}\n"
        "    assert fake_services.calls[0].token\n"
        "    fake_services.answers('card', 'card.trade', code=404, times=1)\n"
        "    assert pay(1) == 'refused with 404'\n"
        "    with fake_services.slow('card'):\n"
        "        assert pay(1) == 'unknown'\n"
        "    with fake_services.down('card'):\n"
        "        assert pay(1) == 'not paid'\n"
    )
    finished = run_pytest(tmp_path)
    assert "1 passed" in finished.stdout, finished.stdout

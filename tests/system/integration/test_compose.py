"""compose.yaml has the servers that `python -m tests.system.servers` would start."""

import re
from urllib.parse import urlsplit

import yaml

from tests.system.servers.__main__ import CHECKOUT, SERVERS

FILE = CHECKOUT / "compose.yaml"
URLS = dict(re.findall(r"export EAGLET_TEST_(\w+)_URL=(\S+)", FILE.read_text()))


def test_each_server_is_reached_as_it_says_and_on_this_machine_only():
    services = yaml.safe_load(FILE.read_text())["services"]
    assert {name.upper() for name in services} == {name.upper() for name in SERVERS} == set(URLS)
    for name, service in services.items():
        url = urlsplit(URLS[name.upper()])
        assert service["ports"] == [f"127.0.0.1:{url.port}:{url.port}"]
        assert url.password in str(service.get("environment") or service["command"])
        assert service["healthcheck"]["test"][0] == "CMD"

"""The service under the servers of its users: what arrives, what is done at once, how they end."""

import hashlib
import http.client
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from demo.processes import Processes
from demo.roles import Role, hermes_role, is_healthy
from tests.system.acceptance.landscape import DECLARED
from tests.system.servers.ports import LOOPBACK, free_port

pytestmark = pytest.mark.slow

JSON = "application/json"
# How many calls each answers at once, and what starts it.
SERVERS = {
    "gunicorn": (2, "--bind {address} --workers 2 --preload"),
    "gunicorn with threads": (50, "--bind {address} --threads 50 --preload"),
    "granian": (50, "--interface wsgi --host {host} --port {port} --blocking-threads 50"),
    "uvicorn": (50, "--host {host} --port {port} --factory"),
}
APPLICATIONS = {
    "gunicorn": "tests.system.acceptance.preloaded",
    "granian": "testproject.wsgi:application",
    "uvicorn": "django.core.asgi:get_asgi_application",
}


class ServedService:
    """The service under one of them; it is started when it is asked for and does not run."""

    def __init__(self, name, role, processes):
        self.places, options = SERVERS[name]
        self.program = name.split()[0]
        self._options = options.split()
        self._role = role
        self._processes = processes
        self.process = None

    def start(self):
        if self.process and self.process.is_running:
            return
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        places = {"address": f"{LOOPBACK}:{port}", "host": LOOPBACK, "port": port}
        options = [option.format(**places) for option in self._options]
        command = [sys.executable, "-m", self.program, *options, APPLICATIONS[self.program]]
        self.process = self._processes.start(
            self.program, command, environment=self._role.environment()
        )
        self.process.wait_until(lambda: is_healthy(self.url))

    def call(self, method, path, body=None, *, is_chunked=False, **headers):
        """The status, the headers and the JSON of an answer."""
        url = urlsplit(self.url)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=90)
        try:
            if is_chunked:
                names["Transfer-Encoding"] = "chunked"
                body = iter([body[:7], body[7:]])
            # An answer may come before all of the body has gone.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body, names, encode_chunked=is_chunked)
            response = connection.getresponse()
            return response.status, response.headers, json.loads(response.read())
        finally:
            connection.close()

    def meet(self, folder, place, places):
        """What a call is told that waits for others; its id is the name of its place."""
        asked = urlencode({"folder": folder, "place": place, "places": places})
        return self.call("GET", f"/serving/meeting/?{asked}", X_Request_ID=place)


@pytest.fixture(scope="module")
def role(landscape, credentials, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    role = hermes_role(folder, landscape.service.url, credentials)
    settings = "tests.system.acceptance.server_settings"
    told = {"DJANGO_SETTINGS_MODULE": settings, "EAGLET_RESOURCE_MODULES": DECLARED}
    role = Role("served", folder, {**role.variables, **told})
    role.migrate()
    return role


@pytest.fixture(scope="module")
def app(role):
    return role.create_app("tests")


@pytest.fixture(scope="module", params=SERVERS)
def kept(request, role, tmp_path_factory):
    with Processes(tmp_path_factory.mktemp("logs")) as processes:
        yield ServedService(request.param, role, processes)


@pytest.fixture
def service(kept):
    kept.start()
    return kept


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_is_healthy(service, path):
    status, _, answer = service.call("GET", path)
    assert (status, answer["status"]) == (200, "ok")


def test_a_token_that_it_has_issued_opens_what_is_guarded(service, app):
    asked = urlencode({"app_key": app.app_key, "app_secret": app.app_secret})
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    token = service.call("POST", "/auth/access_token/", asked, **form)[2]["data"]["access_token"]
    status, _, answer = service.call(
        "GET", "/outcome/guarded/?id=7", Authorization=f"Bearer {token}"
    )
    assert (status, answer["data"]) == (200, {"app": "tests", "args": {"id": "7"}})
    assert service.call("GET", "/outcome/guarded/?id=7")[0] == 401


# The first is more than stays in memory; the second is within the limit of what is not measured.
@pytest.mark.parametrize(("size", "is_chunked"), [(5_000_000, False), (2_000_000, True)])
def test_an_upload_arrives_whole(service, size, is_chunked):
    photo = b"\xff\x00\r\n" * (size // 4)
    request = requests.Request(
        "POST", service.url, data={"title": "鹰"}, files={"photo": ("a.png", photo)}
    ).prepare()
    status, _, answer = service.call(
        "POST",
        "/serving/upload/",
        request.body,
        is_chunked=is_chunked,
        Content_Type=request.headers["Content-Type"],
    )
    assert (status, answer["data"]) == (200, ["鹰", hashlib.sha256(photo).hexdigest()])


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_chunked_body_is_read_within_the_limit_or_refused_and_never_dropped(service, method):
    def answer(body):
        got = service.call(method, "/outcome/typed/", body, is_chunked=True, Content_Type=JSON)
        return got[0], got[2]["data"]

    data = {"id": 7}
    assert answer(b'{"id": 7}') == (200, data if method == "POST" else {"put": data})
    assert answer(b'{"id": ' + b" " * 3_000_000 + b"7}")[0] == 413


def test_calls_side_by_side_are_answered_each_with_its_own_id(service, tmp_path):
    numbers = [f"call-{number}" for number in range(service.places)]
    with ThreadPoolExecutor(service.places) as pool:
        answers = pool.map(lambda name: service.meet(tmp_path, name, service.places), numbers)
        got = [(headers["X-Request-ID"], answer["data"]) for _, headers, answer in answers]
    assert [own for own, _ in got] == numbers
    assert [data["request_id"] for _, data in got] == numbers
    if service.program == "gunicorn":
        assert service.process.popen.pid not in {data["process"] for _, data in got}


def test_it_calls_another_service_for_each_of_many_callers(service):
    def called(number):
        return service.call("GET", f"/hermes/relay/?id={number}")[2]["data"]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(called, range(64)))
    assert answers == [{"args": {"id": number}} for number in range(64)]


def test_a_call_that_is_being_answered_ends_before_the_server(service, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(service.meet, tmp_path, "call", 2)
        while not any(tmp_path.iterdir()):
            service.process.check_running()
        service.process.popen.terminate()
        # It takes no more, but has not ended.
        while is_healthy(service.url):
            service.process.check_running()
        Path(tmp_path, "the test").touch()
        status, _, answer = call.result()
    assert (status, answer["data"]["request_id"]) == (200, "call")
    service.process.popen.wait(60)

"""A real HTTP server that records what it gets and answers as it is told."""

import itertools
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl


@dataclass
class Received:
    method: str
    target: str
    headers: dict
    body: bytes
    connection: int

    @property
    def path(self):
        return self.target.split("?")[0]

    @property
    def query(self):
        return self.target.partition("?")[2]

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def form(self):
        return parse_qsl(self.body.decode(), keep_blank_values=True)


@dataclass
class Reply:
    """What to answer with; `raw` writes to the connection itself, and may end it."""

    body: object = None
    status: int = 200
    headers: dict = field(default_factory=dict)
    content_type: str = "application/json"
    raw: object = None
    ends: bool = True


def envelope(data=None, code=200, message="", **fields):
    return {"code": code, "data": data, "errMsg": message, "innerErrMsg": "", **fields}


class RecordingServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.received = []
        self.answer = lambda request: Reply(envelope({"ok": True}))
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def host(self):
        return f"127.0.0.1:{self.server_port}"

    @property
    def url(self):
        return f"http://{self.host}"

    def always(self, *args, **kwargs):
        """Answer every request with the same reply."""
        self.answer = lambda request: Reply(*args, **kwargs)

    @property
    def calls(self):
        """What was received, requests for tokens left out."""
        return [each for each in self.received if each.path[-19:] != "/auth/access_token/"]

    @property
    def token_requests(self):
        return [each for each in self.received if each.path[-19:] == "/auth/access_token/"]

    def stop(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        pass


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    numbers = itertools.count()

    def setup(self):
        self.connection_number = next(self.numbers)
        super().setup()

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        request = Received(
            self.command,
            self.path,
            dict(self.headers),
            self.rfile.read(length),
            self.connection_number,
        )
        with self.server.lock:
            self.server.received.append(request)
        reply = self.server.answer(request)
        if reply.raw is not None:
            self.close_connection = reply.ends
            reply.raw(self.wfile)
            return
        body = reply.body
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if "Date" in reply.headers:
            self.send_response_only(reply.status)
        else:
            self.send_response(reply.status)
        for name, value in {"Content-Type": reply.content_type, **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer

    def log_message(self, format, *args):
        pass


class TokenIssuer:
    """Answers as a service that wants tokens: `standard`, or `legacy` as the original's did."""

    def __init__(self, *, legacy=False, lifetime=7200):
        self.legacy = legacy
        self.lifetime = lifetime
        self.issued = []
        self.valid = set()
        self.lock = threading.Lock()
        self.before_issue = lambda: None
        self.token_reply = None

    def hold(self):
        """Issue nothing until the second of these events is set; the first says it was asked."""
        asked, release = threading.Event(), threading.Event()
        self.before_issue = lambda: (asked.set(), release.wait(20))
        return asked, release

    def __call__(self, request):
        if request.path.endswith("/auth/access_token/"):
            self.before_issue()
            if self.token_reply is not None:
                return self.token_reply
            with self.lock:
                token = f"egt_{len(self.issued):026d}"
                self.issued.append(token)
                self.valid.add(token)
            if self.legacy:
                return Reply(
                    envelope({"access_token": token, "expire_time": "2016-01-01 00:00:00"})
                )
            return Reply(envelope({"access_token": token, "expires_in": self.lifetime}))
        return self.guarded(request)

    def guarded(self, request):
        if self.legacy:
            sent = dict(parse_qsl(request.query)).get("access_token") or dict(request.form).get(
                "access_token"
            )
            if sent in self.valid:
                return Reply(envelope("secret data"))
            return Reply(envelope({"message": "Incorrect access_token!"}, 500))
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if sent in self.valid:
            return Reply(envelope("secret data"))
        challenge = 'Bearer error="invalid_token"' if sent else "Bearer"
        return Reply(envelope(None, 401, "no"), status=401, headers={"WWW-Authenticate": challenge})

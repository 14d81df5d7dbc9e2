"""Job B: job A's request, with an access token checked: an opaque one, or an issuer's JWT.

    python -m benchmarks.job_b [ROUNDS]
    python -m tests.system.servers --only redis,postgresql -- python -m benchmarks.job_b

CPU time per request in process, without middleware, over SQLite and whatever databases
`-m tests.system.servers` has started. The plain view
looks its token up with the ORM's `.get()`, and its app in the same statement.
"""

import io
import json
import sys
import tempfile
from collections.abc import Callable
from multiprocessing import get_context
from types import ModuleType

from benchmarks.rounds import Figures, compare
from benchmarks.services import database_urls, migrate, set_up
from benchmarks.tokens import contestants as token_contestants

QUERY = "id=7&name=abc&price=1.5"
REQUESTS_A_ROUND = 40
CACHE_SECONDS = {
    "eaglet asking": 0,
    "eaglet cached": 5,
    "eaglet JWT first": 0,
    "eaglet JWT cached": 5,
}
ISSUER, AUDIENCE = "https://issuer.example.com", "https://job.example.com"
ISSUING = {
    "EAGLET_ISSUER": ISSUER,
    "EAGLET_AUDIENCES": {"job": AUDIENCE},
    "EAGLET_TOKEN_LIFETIME_SECONDS": 86400,
    "EAGLET_JWT_LIFETIME_SECONDS": 86400,
}


def plain_patterns(select: tuple[str, ...] = ("app",)) -> list:
    import hashlib

    from django.http import JsonResponse
    from django.urls import path
    from django.utils import timezone

    from eaglet.auth.models import AccessToken

    tokens = AccessToken.objects.select_related(*select) if select else AccessToken.objects.all()

    def data(request):
        _scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            record = tokens.get(digest=hashlib.sha256(token.encode()).hexdigest())
        except AccessToken.DoesNotExist:
            return JsonResponse({"code": 401, "errMsg": "no such token"}, status=401)
        switched_off = bool(select) and not record.app.is_active
        if record.revoked_at or record.expires_at <= timezone.now() or switched_off:
            return JsonResponse({"code": 401, "errMsg": "token is not good"}, status=401)
        try:
            data = {
                "id": int(request.GET["id"]),
                "name": request.GET["name"],
                "price": float(request.GET["price"]),
            }
        except (KeyError, ValueError) as error:
            return JsonResponse({"code": 400, "errMsg": str(error)}, status=400)
        return JsonResponse({"code": 200, "data": data, "errMsg": "", "innerErrMsg": ""})

    return [path("job/b/", data)]


def eaglet_patterns() -> list:
    from django.urls import include, path

    from eaglet.api import ApiResource, access_token_required, param_required

    class Data(ApiResource):
        app = "job"
        resource = "b"

        @param_required(["id:int", "name", "price:float"])
        @access_token_required()
        def get(args):
            return {"id": args["id"], "name": args["name"], "price": args["price"]}

    return [path("", include("eaglet.api.urls"))]


def prepare(contestant: str, url: str, headers: dict[str, str]) -> Callable[[], bytes]:
    """Set Django up for one contestant, and give back what makes one request of it."""
    urls = ModuleType("benchmarks.job_b_urls")
    sys.modules[urls.__name__] = urls
    set_up(
        url,
        ROOT_URLCONF=urls.__name__,
        apps=token_contestants.apps(),
        EAGLET_TOKEN_CACHE_SECONDS=CACHE_SECONDS.get(contestant, 5),
        EAGLET_TOKEN_VERIFIERS=["jwt" if "JWT" in contestant else "database"],
        EAGLET_ISSUER=ISSUER,
        EAGLET_AUDIENCE=AUDIENCE,
    )
    if "JWT" in contestant:
        from eaglet.auth.verifiers import jwks
        from eaglet.contracts import discovery

        published = {"jwks_uri": f"{ISSUER}/keys", "issuer": ISSUER, "keys": headers["keys"]}
        jwks.fetch = discovery.fetch = lambda *args, **kwargs: json.dumps(published).encode()
    if contestant.startswith("eaglet"):
        urls.urlpatterns = eaglet_patterns()
    elif contestant in token_contestants.others():
        urls.urlpatterns = token_contestants.patterns(contestant)
    else:
        urls.urlpatterns = plain_patterns(() if contestant == "plain, no join" else ("app",))

    from django.core.handlers.wsgi import WSGIHandler

    handler = WSGIHandler()
    header = headers.get(contestant, headers["JWT" if "JWT" in contestant else "eaglet"])

    def call() -> bytes:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/job/b/",
            "QUERY_STRING": QUERY,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "HTTP_ACCEPT": "*/*",
            "HTTP_AUTHORIZATION": header,
            "SCRIPT_NAME": "",
            "wsgi.input": io.BytesIO(),
            "wsgi.url_scheme": "http",
        }
        response = handler(environ, lambda *args: None)
        if response.status_code != 200:  # a refusal would be the cheaper one
            raise RuntimeError(f"{contestant} answers {response.status_code}")
        body = b"".join(response)
        response.close()
        return body

    return call


def issue(url: str, pipe) -> None:
    """Make the tables, an app, and a token of it."""
    set_up(url, apps=token_contestants.apps(), **ISSUING)
    migrate()
    from eaglet.auth.issuer.audiences import issue_for_audience
    from eaglet.auth.issuer.signing_keys import published_keys, rotate_signing_key
    from eaglet.auth.models import App, AudienceGrant
    from eaglet.auth.tokens.issuing import issue_access_token

    App.objects.all().delete()
    created = App.objects.create_app("caller")
    token = issue_access_token(created.app.app_key, created.secret).token
    rotate_signing_key("ES256", 0)
    AudienceGrant.objects.create(app=created.app, audience="job", grant="job.b:get")
    jwt = issue_for_audience(created.record, "job").token
    pipe.send(
        {
            **token_contestants.credentials(),
            "eaglet": f"Bearer {token}",
            "JWT": f"Bearer {jwt}",
            "keys": published_keys()["keys"],
        }
    )


def measure(rounds: int) -> dict[str, Figures]:
    """Compare the contestants over each database there is."""
    contestants = ["plain", "plain, no join", *CACHE_SECONDS]
    contestants += token_contestants.others()
    context = get_context("spawn")
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, url in database_urls(folder).items():
            print(f"\n{name}")
            pipe, theirs = context.Pipe()
            context.Process(target=issue, args=(url, theirs)).start()
            theirs.close()
            headers = pipe.recv()
            figures[name] = compare(
                prepare, contestants, url, headers, rounds=rounds, repeats=REQUESTS_A_ROUND
            )
    return figures


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 150)

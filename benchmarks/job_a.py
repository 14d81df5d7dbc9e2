"""Job A: `GET …?id=7&name=abc&price=1.5`, int and float converted, the envelope answered.

CPU time per request in process, without middleware. Each contestant has a process of its own;
they are measured in short interleaved rounds, and the figure to quote is the median of the
ratios to the plain Django view of the same round, with its quartiles.

    python -m benchmarks.job_a [ROUNDS]
"""

from __future__ import annotations

import io
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import ModuleType

import django
from django.conf import settings

CONTESTANTS = ("plain", "constant", "eaglet", "drf")
REQUESTS_A_ROUND = 60
QUERY = "id=7&name=abc&price=1.5"


def plain_patterns() -> list:
    from django.http import JsonResponse
    from django.urls import path

    def data(request):
        try:
            data = {
                "id": int(request.GET["id"]),
                "name": request.GET["name"],
                "price": float(request.GET["price"]),
            }
        except (KeyError, ValueError) as error:
            return JsonResponse({"code": 400, "errMsg": str(error)}, status=400)
        return JsonResponse({"code": 200, "data": data, "errMsg": "", "innerErrMsg": ""})

    return [path("job/a/", data)]


def constant_patterns() -> list:
    from django.http import HttpResponse
    from django.urls import path

    def data(request):
        return HttpResponse(b'{"code":200}', content_type="application/json")

    return [path("job/a/", data)]


def eaglet_patterns() -> list:
    from django.urls import include, path

    from eaglet.api import ApiResource, param_required

    class Data(ApiResource):
        app = "job"
        resource = "a"

        @param_required(["id:int", "name", "price:float"])
        def get(args):
            return {"id": args["id"], "name": args["name"], "price": args["price"]}

    return [path("", include("eaglet.api.urls"))]


def drf_patterns() -> list:
    from django.urls import path
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class Data(APIView):
        def get(self, request):
            query = request.query_params
            data = {"id": int(query["id"]), "name": query["name"], "price": float(query["price"])}
            return Response({"code": 200, "data": data, "errMsg": "", "innerErrMsg": ""})

    return [path("job/a/", Data.as_view())]


def make_call(contestant: str) -> Callable[[], bytes]:
    """Set Django up for one contestant, and give back what makes one request of it."""
    urls = ModuleType("benchmarks.job_a_urls")
    sys.modules[urls.__name__] = urls
    settings.configure(
        SECRET_KEY="benchmark",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=urls.__name__,
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "rest_framework",
            "eaglet.api",
        ],
        MIDDLEWARE=[],
        USE_TZ=True,
        EAGLET_METRICS=False,
    )
    django.setup()
    urls.urlpatterns = globals()[f"{contestant}_patterns"]()

    from django.core.handlers.wsgi import WSGIHandler

    handler = WSGIHandler()

    def call() -> bytes:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/job/a/",
            "QUERY_STRING": QUERY,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "HTTP_ACCEPT": "*/*",
            "SCRIPT_NAME": "",
            "wsgi.input": io.BytesIO(),
            "wsgi.url_scheme": "http",
        }
        response = handler(environ, lambda *args: None)
        body = b"".join(response)
        response.close()
        return body

    return call


def serve(contestant: str, pipe: Connection) -> None:
    """Run a round whenever asked to; answer with CPU microseconds per request."""
    call = make_call(contestant)
    pipe.send(call())
    while pipe.recv():
        started = time.process_time()
        for _ in range(REQUESTS_A_ROUND):
            call()
        pipe.send((time.process_time() - started) / REQUESTS_A_ROUND * 1e6)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    context = multiprocessing.get_context("spawn")
    pipes = {}
    for contestant in CONTESTANTS:
        pipe, theirs = context.Pipe()
        context.Process(target=serve, args=(contestant, theirs), daemon=True).start()
        pipes[contestant] = pipe
        print(f"{contestant:9} {pipe.recv().decode()}")
    figures: dict[str, list[float]] = {contestant: [] for contestant in CONTESTANTS}
    for _ in range(rounds):
        for contestant, pipe in pipes.items():
            pipe.send(True)
            figures[contestant].append(pipe.recv())
    for pipe in pipes.values():
        pipe.send(False)
    print(f"\n{'':9} {'µs, median':>11} {'/ plain':>8}   quartiles")
    for contestant, measured in figures.items():
        ratios = [own / base for own, base in zip(measured, figures["plain"], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        median = statistics.median(measured)
        print(f"{contestant:9} {median:11.1f} {middle:8.3f}   {low:.3f}–{high:.3f}")


if __name__ == "__main__":
    main()

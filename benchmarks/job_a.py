"""Job A: `GET …?id=7&name=abc&price=1.5`, int and float converted, the envelope answered.

CPU time per request in process, without middleware. Each contestant has a process of its own;
they are measured in short interleaved rounds, and the figure to quote is the median of the
ratios to the plain Django view of the same round, with its quartiles.

    python -m benchmarks.job_a [ROUNDS]
"""

import io
import sys
from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType

import django
from django.conf import settings

from benchmarks import contestants
from benchmarks.rounds import Figures, compare

QUERY = "id=7&name=abc&price=1.5"
REQUESTS_A_ROUND = 60


def set_up(contestant: str) -> None:
    """Set Django up for one contestant."""
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
        EAGLET_METRICS=contestant != contestants.NOT_COUNTED,
    )
    django.setup()
    urls.urlpatterns = contestants.patterns(contestant)


def make_call(contestant: str) -> Callable[[], bytes]:
    """Set Django up for one contestant, and give back what makes one request of it."""
    set_up(contestant)

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


def there_are() -> list[str]:
    """The contestants whose packages are installed."""
    has_ninja = find_spec("ninja") is not None
    return [name for name in contestants.JOB_A if has_ninja or name != "django-ninja"]


def measure(rounds: int) -> Figures:
    """Compare the contestants."""
    return compare(make_call, there_are(), rounds=rounds, repeats=REQUESTS_A_ROUND)


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200)

"""Job A's contestant named in the environment, for a WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

from benchmarks.job_a import set_up

set_up(os.environ["BENCHMARK_CONTESTANT"])
application = get_wsgi_application()

"""An application that has called another service, and its database, before a server forks."""

from django.core.wsgi import get_wsgi_application

from eaglet.client import Resource

application = get_wsgi_application()
ANSWER = Resource.use("demo", raise_errors=True).get({"resource": "demo.data", "data": {"id": 0}})

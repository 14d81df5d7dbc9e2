"""The one line of a URLconf, its last: `path("", include("eaglet.api.urls"))`."""

from django.urls import path

from eaglet.setup_errors import require_app

require_app("eaglet.api")

from eaglet.api import routing  # noqa: E402 - it is of no use without the app

app_name = "eaglet"

# Declared resources come first because nearly every call is to one; a resource of the path of
# one of the other routes is a check error.
urlpatterns = [
    routing.DeclaredResources(),
    *routing.own_routes(),
    path(routing.ROUTE, routing.no_such_resource),
]

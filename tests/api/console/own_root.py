"""A URLconf with a page of its own at the root."""

from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [
    path("", lambda request: HttpResponse("the project's own")),
    path("", include("eaglet.api.urls")),
]

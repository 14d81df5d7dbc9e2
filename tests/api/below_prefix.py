from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [
    path("v1/", include("eaglet.api.urls")),
    path("shop/list/", lambda request: HttpResponse("the project's own")),
]

from django.urls import include, path

from eaglet.auth.urls import urlpatterns as oauth

urlpatterns = [*oauth, path("", include("eaglet.api.urls"))]

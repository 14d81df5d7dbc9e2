from django.urls import include, path

from eaglet.auth.oauth.urls import urlpatterns as oauth

urlpatterns = [*oauth, path("", include("eaglet.api.urls"))]

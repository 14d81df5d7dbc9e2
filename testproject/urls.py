"""Where everything is; eaglet's line comes last."""

from django.apps import apps
from django.contrib.staticfiles.views import serve
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = []

if apps.is_installed("django.contrib.admin"):
    from django.contrib import admin

    urlpatterns += [
        path("admin/", admin.site.urls),
        # The admin's files, with DEBUG off too: no web server stands before this project.
        path("static/<path:path>", serve, {"insecure": True}),
    ]

urlpatterns += [path("", include("eaglet.api.urls"))]

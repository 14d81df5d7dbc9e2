"""Where everything is; eaglet's line comes last."""

from django.conf import settings
from django.contrib.staticfiles.views import serve
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = []

if settings.WITH_ADMIN:
    from django.contrib import admin

    urlpatterns += [
        path("admin/", admin.site.urls),
        # The admin's files, with DEBUG off too: no web server stands before this project.
        path("static/<path:path>", serve, {"insecure": True}),
    ]

urlpatterns += [path("", include("eaglet.api.urls"))]

"""The page of tasks: what becomes of them queue by queue, and replay of what is parked."""

from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST

from eaglet.conf.naming import service_name
from eaglet.tasks.admin.figures import SPANS, overview
from eaglet.tasks.models import OutboxTask, ReceivedTask

NAME: Final = "eaglet_tasks_overview"
_MODELS: Final = {"refused": OutboxTask, "parked": ReceivedTask}


def urls(site: admin.AdminSite) -> list[URLPattern]:
    """Return the page, its figures, and what replays all that is parked of a queue."""

    def admin_of(kind: str) -> Any:
        if kind not in _MODELS:
            raise Http404
        return site.get_model_admin(_MODELS[kind])

    def page(request: HttpRequest) -> HttpResponse:
        if not admin_of("parked").has_view_permission(request):
            raise PermissionDenied
        context = {
            **site.each_context(request),
            "service": service_name(),
            "may": {kind: admin_of(kind).has_change_permission(request) for kind in _MODELS},
        }
        return render(request, "admin/eaglet_tasks/overview.html", context)

    def figures(request: HttpRequest) -> HttpResponse:
        if not admin_of("parked").has_view_permission(request):
            raise PermissionDenied
        span = request.GET.get("span", "")
        if span not in SPANS:
            raise Http404
        return JsonResponse(overview(span))

    def replay(request: HttpRequest, kind: str) -> HttpResponse:
        model_admin = admin_of(kind)
        if not model_admin.has_change_permission(request):
            raise PermissionDenied
        parked = model_admin.get_queryset(request).parked()
        tasks = parked.filter(queue_name=request.POST.get("queue", ""))
        url = reverse(f"{site.name}:{NAME}")
        return model_admin.replay(request, tasks, back_url=url) or HttpResponseRedirect(url)

    view = site.admin_view
    return [
        path("overview/", view(gzip_page(page)), name=NAME),
        path("overview/figures/", view(gzip_page(figures)), name=f"{NAME}_figures"),
        path("overview/replay/<str:kind>/", view(require_POST(replay)), name=f"{NAME}_replay"),
    ]

"""Give an app a secret, take one or its tokens away, switch it off and on: each asks first."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from eaglet.admin_confirmation import ask, ask_about_selected
from eaglet.auth.admin.grants import who_may_what
from eaglet.auth.models import App
from eaglet.auth.rotation import LIVE_AT_ONCE, rotate_secret
from eaglet.conf import conf

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText


AUDIT: Final = "eaglet_auth_app_audit"
"""The name of the page that tells who may do what."""


class AddSecretForm(forms.Form):
    """What becomes of the secrets there are when one is added."""

    keep_days = forms.TypedChoiceField(
        label=_("The secrets it has now"),
        choices=[
            ("", _("stay good until they are revoked")),
            ("1", _("expire in one day")),
            ("7", _("expire in seven days")),
            ("30", _("expire in thirty days")),
        ],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )


class Operation(NamedTuple):
    """What can be done to an app, on a page of its own and to several that are selected."""

    title: LazyText
    question: LazyText  # `%(apps)s` is in it
    do: Callable[[App], str]  # returns what was done, for the history; "" if nothing was


def _switch(app: App, *, on: bool) -> str:
    if app.is_active == on:
        return ""
    app.is_active = on
    app.save(using=app._state.db, update_fields=["is_active", "updated_at"])
    return gettext("Switched on.") if on else gettext("Switched off.")


OPERATIONS: Final = {
    "revoke_tokens": Operation(
        _("Revoke all tokens"),
        _("Revoke every access token of %(apps)s? New ones can be had with a secret."),
        lambda app: revoked(app.revoke_tokens()),
    ),
    "switch_off": Operation(
        _("Switch off"),
        _(
            "Switch %(apps)s off? It gets no more tokens, and those it has are refused, until it "
            "is switched on again."
        ),
        lambda app: _switch(app, on=False),
    ),
    "switch_on": Operation(
        _("Switch on"),
        _("Switch %(apps)s on? What it still has of good secrets and tokens works again."),
        lambda app: _switch(app, on=True),
    ),
}


class AppPages(admin.ModelAdmin):  # type: ignore[type-arg]
    """The pages beside the form; what is done stands in the history."""

    def get_urls(self) -> list[URLPattern]:
        """Return the pages of the model, and these."""

        def page(route: str, view: Callable[..., HttpResponse], name: str, **kwargs: str) -> object:
            view = self.admin_site.admin_view(view)
            return path(
                f"<path:object_id>/{route}/", view, kwargs or None, f"eaglet_auth_app_{name}"
            )

        own = [
            path("who-may-what/", self.admin_site.admin_view(self.audit_view), name=AUDIT),
            page("secrets/add", self.add_secret_view, "add_secret"),
            page("secrets/<int:secret_id>/revoke", self.revoke_secret_view, "revoke_secret"),
            *(page(name, self.operation_view, name, operation=name) for name in OPERATIONS),
        ]
        return [*own, *super().get_urls()]  # type: ignore[list-item]

    def audit_view(self, request: HttpRequest) -> HttpResponse:
        """Show who may do what, to print; to those who may look at apps."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Who may do what"),
            "services": who_may_what(),
            "issued_for": conf.EAGLET_AUDIENCES,
            "idle": self.get_queryset(request).filter(grants=None, audience_grants=None),
            "issuer": conf.EAGLET_ISSUER,
        }
        return TemplateResponse(request, "admin/eaglet_auth/app/audit.html", context)

    @sensitive_variables()
    def add_secret_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether to make a further secret; make it and show it."""
        app = self._app(request, object_id, "add_appsecret")
        form = AddSecretForm(request.POST if request.method == "POST" else None)
        if not request.user.has_perm("eaglet_auth.change_appsecret"):
            del form.fields["keep_days"]
        if form.is_valid():
            days = form.cleaned_data.get("keep_days")
            expire_old_in = None if days is None else datetime.timedelta(days=days)
            try:
                with transaction.atomic(using=app._state.db):
                    created = rotate_secret(app, expire_old_in=expire_old_in)
                    done = gettext("Added %(what)s.") % {"what": created.record}
                    self.log_change(request, app, done)
                return self._show_secret(request, app, created.secret)
            except ValidationError:
                pass  # two are live, as the page says that is shown instead
        question, label = gettext("Add a further secret to %(app)s?"), gettext("Add the secret")
        if app.secrets.live().count() >= LIVE_AT_ONCE:
            label = ""
            question = gettext(
                "%(app)s has two good secrets already. Revoke the one that is no longer used, or "
                "wait until it expires; then a further one can be added."
            )
        return ask(
            self,
            request,
            title=gettext("Add a secret"),
            question=question % {"app": app},
            label=label,
            back_url=self._change_url(app),
            crumb=str(app),
            form=form if label else None,
        )

    def revoke_secret_view(
        self, request: HttpRequest, object_id: str, secret_id: int
    ) -> HttpResponse:
        """Ask whether to revoke a secret and the tokens issued for it; do so."""
        app = self._app(request, object_id, "change_appsecret")
        secret = get_object_or_404(app.secrets.all(), pk=secret_id)
        question = gettext(
            "Revoke %(secret)s of %(app)s, and every access token issued for it? This can't be "
            "undone."
        ) % {"secret": secret, "app": app}
        if not app.secrets.live().exclude(pk=secret.pk).exists():
            question += " " + gettext(
                "It is the last one that is good: until another is added, the app gets no more "
                "tokens."
            )

        def revoke(app: App) -> str:
            count = secret.revoke()
            return gettext("Revoked %(what)s.") % {"what": secret} + " " + revoked(count)

        title = gettext("Revoke the secret")
        return self._confirmed(request, app, title, question, revoke)

    def operation_view(self, request: HttpRequest, object_id: str, operation: str) -> HttpResponse:
        """Ask whether to do one of OPERATIONS to an app; do so."""
        app = self._app(request, object_id)
        title, question, do = OPERATIONS[operation]
        return self._confirmed(request, app, str(title), question % {"apps": app}, do)

    def operate_on_selected(
        self, request: HttpRequest, queryset: models.QuerySet[App], operation: str
    ) -> HttpResponse | None:
        """Ask whether to do one of OPERATIONS to the selected apps; do so."""
        title, question, do = OPERATIONS[operation]
        asked = ask_about_selected(
            self,
            request,
            queryset,
            title=str(title),
            question=question % {"apps": gettext("the selected apps")},
        )
        if asked is None:
            with transaction.atomic(using=queryset.db):
                for app in queryset:
                    self._do(request, app, do)
        return asked

    def _confirmed(
        self, request: HttpRequest, app: App, title: str, question: str, do: Callable[[App], str]
    ) -> HttpResponse:
        if request.method == "POST":
            self._do(request, app, do)
            return HttpResponseRedirect(self._change_url(app))
        return ask(
            self,
            request,
            title=title,
            question=question,
            label=title,
            back_url=self._change_url(app),
            crumb=str(app),
        )

    def _do(self, request: HttpRequest, app: App, do: Callable[[App], str]) -> None:
        with transaction.atomic(using=app._state.db):
            if done := do(app):
                self.log_change(request, app, done)
        if done:
            self.message_user(request, f"“{app}”: {done}", messages.SUCCESS)

    def _app(self, request: HttpRequest, object_id: str, permission: str = "change_app") -> App:
        app: App | None = self.get_object(request, unquote(object_id))
        if app is None:
            raise Http404
        may_change = self.has_change_permission(request, app)
        if not may_change or not request.user.has_perm(f"eaglet_auth.{permission}"):
            raise PermissionDenied
        return app

    def _url(self, name: str, *args: str) -> str:
        return reverse(f"admin:{name}", args=args, current_app=self.admin_site.name)

    def _change_url(self, app: App) -> str:
        return self._url("eaglet_auth_app_change", quote(app.pk))

    @sensitive_variables()
    def _show_secret(self, request: HttpRequest, app: App, secret: str) -> HttpResponse:
        request.current_app = self.admin_site.name
        may_see = self.has_view_or_change_permission(request, app)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("The secret of %(app)s") % {"app": app},
            "app": app,
            "secret": secret,
            "continue_url": self._change_url(app) if may_see else self._url("index"),
        }
        template = "admin/eaglet_auth/app/secret_created.html"
        response = TemplateResponse(request, template, context)
        patch_cache_control(response, no_store=True)
        return response


def revoked(count: int) -> str:
    """Return how many tokens were revoked, as a sentence."""
    done = ngettext("%(count)d access token revoked.", "%(count)d access tokens revoked.", count)
    return done % {"count": count}

"""Give an app a secret, take one or its tokens away, switch it off and on: a page for each."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from eaglet.admin_confirmation import ask
from eaglet.auth.models import App
from eaglet.auth.rotation import LIVE_AT_ONCE, rotate_secret

if TYPE_CHECKING:
    AppModelAdmin = admin.ModelAdmin[App]
else:
    AppModelAdmin = admin.ModelAdmin

CONFIRM_TEMPLATE: Final = "admin/eaglet_auth/confirm.html"


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
    # The newest secret when the page was made, so that sending it again makes no other.
    newest = forms.IntegerField(required=False, widget=forms.HiddenInput)


class AppPages(AppModelAdmin):
    """The pages beside the form: each asks first, and each leaves a line in the history."""

    def get_urls(self) -> list[URLPattern]:
        """Return the pages of the model, and these."""
        pages: dict[str, tuple[Callable[..., HttpResponse], str]] = {
            "secrets/add/": (self.add_secret_view, "add_secret"),
            "secrets/<int:secret_id>/revoke/": (self.revoke_secret_view, "revoke_secret"),
            "tokens/revoke/": (self.revoke_tokens_view, "revoke_tokens"),
            "switch/": (self.switch_view, "switch"),
        }
        own = [
            path(
                f"<path:object_id>/{route}",
                self.admin_site.admin_view(view),
                name=f"eaglet_auth_app_{name}",
            )
            for route, (view, name) in pages.items()
        ]
        return own + super().get_urls()

    @sensitive_variables()
    def add_secret_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether to make a further secret; make it and show it."""
        app = self._app(request, object_id, "add_appsecret")
        form = AddSecretForm(
            request.POST if request.method == "POST" else None,
            initial={"keep_days": "", "newest": _newest_secret(app)},
        )
        if not request.user.has_perm("eaglet_auth.change_appsecret"):
            del form.fields["keep_days"]
        if request.method == "POST" and form.is_valid():
            newest = form.cleaned_data["newest"]
            if newest is not None and newest != _newest_secret(app):
                self.message_user(
                    request,
                    gettext(
                        "This page has made its secret already, or there is a newer one. A "
                        "secret is shown only once: no other was made."
                    ),
                    messages.WARNING,
                )
                return HttpResponseRedirect(self._change_url(app))
            days = form.cleaned_data.get("keep_days")
            expire_old_in = None if days is None else datetime.timedelta(days=days)
            try:
                with transaction.atomic(using=app._state.db):
                    created = rotate_secret(app, expire_old_in=expire_old_in)
                    done = gettext("Added %(what)s.") % {"what": created.record}
                    self.log_change(request, app, done)
            except ValidationError:
                pass  # two are live, as the page says that is shown instead
            else:
                return self._show_secret(request, app, created.secret)
        question, label = gettext("Add a further secret to %(app)s?"), gettext("Add the secret")
        if app.secrets.live().count() >= LIVE_AT_ONCE:
            question, label = (
                gettext(
                    "%(app)s has two good secrets already. Revoke the one that is no longer "
                    "used, or wait until it expires; then a further one can be added."
                ),
                "",
            )
        return ask(
            self,
            request,
            template=CONFIRM_TEMPLATE,
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
        secret = app.secrets.filter(pk=secret_id).first()
        if secret is None:
            raise Http404
        if request.method != "POST":
            question = gettext(
                "Revoke %(secret)s of %(app)s, and every access token issued for it? This can't "
                "be undone."
            ) % {"secret": secret, "app": app}
            if not app.secrets.live().exclude(pk=secret.pk).exists():
                question += " " + gettext(
                    "It is the last one that is good: until another is added, the app gets no "
                    "more tokens."
                )
            return ask(
                self,
                request,
                template=CONFIRM_TEMPLATE,
                title=gettext("Revoke a secret"),
                question=question,
                label=gettext("Revoke the secret"),
                back_url=self._change_url(app),
                crumb=str(app),
            )
        with transaction.atomic(using=app._state.db):
            done = revoked(secret.revoke(), also=str(secret))
            self.log_change(request, app, done)
        self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(self._change_url(app))

    def revoke_tokens_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether to revoke every token of the app; do so."""
        app = self._app(request, object_id)
        if request.method != "POST":
            return ask(
                self,
                request,
                template=CONFIRM_TEMPLATE,
                title=gettext("Revoke all tokens"),
                question=gettext(
                    "Revoke every access token of %(app)s? It can get new ones with its secret."
                )
                % {"app": app},
                label=gettext("Revoke all tokens"),
                back_url=self._change_url(app),
                crumb=str(app),
            )
        with transaction.atomic(using=app._state.db):
            done = revoked(app.revoke_tokens())
            self.log_change(request, app, done)
        self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(self._change_url(app))

    def switch_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether to switch the app off, or on again; do so."""
        app = self._app(request, object_id)
        # What was asked for, not the opposite of what is: sent twice, it stays done.
        on = request.POST.get("to") == "on" if "to" in request.POST else not app.is_active
        if request.method != "POST":
            label = gettext("Switch on") if on else gettext("Switch off")
            return ask(
                self,
                request,
                template=CONFIRM_TEMPLATE,
                title=label,
                question=switching_question(on) % {"apps": app},
                label=label,
                back_url=self._change_url(app),
                crumb=str(app),
                hidden=[("to", "on" if on else "off")],
            )
        self.message_user(request, self.switch(request, app, on), messages.SUCCESS)
        return HttpResponseRedirect(self._change_url(app))

    def switch(self, request: HttpRequest, app: App, on: bool) -> str:
        """Switch an app on or off, note it in the history, and say what was done."""
        done = gettext("Switched %(app)s on.") if on else gettext("Switched %(app)s off.")
        done %= {"app": app}
        with transaction.atomic(using=app._state.db):
            if app.is_active != on:
                app.is_active = on
                app.save(using=app._state.db, update_fields=["is_active", "updated_at"])
                self.log_change(request, app, done)
        return done

    def tools(self, request: HttpRequest, app: App) -> dict[str, bool]:
        """Return which of the pages the user may go to from the app's form."""
        may_change = self.has_change_permission(request, app)
        may_add = may_change and request.user.has_perm("eaglet_auth.add_appsecret")
        return {"may_change": may_change, "may_add_secret": may_add}

    def _app(self, request: HttpRequest, object_id: str, permission: str = "") -> App:
        app = self.get_object(request, unquote(object_id))
        if app is None:
            raise Http404
        if not self.has_change_permission(request, app):
            raise PermissionDenied
        if permission and not request.user.has_perm(f"eaglet_auth.{permission}"):
            raise PermissionDenied
        return app

    def _url(self, name: str, *args: str) -> str:
        return reverse(name, args=args, current_app=self.admin_site.name)

    def _change_url(self, app: App) -> str:
        return self._url("admin:eaglet_auth_app_change", quote(app.pk))

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
            "continue_url": self._change_url(app) if may_see else self._url("admin:index"),
        }
        template = "admin/eaglet_auth/app/secret_created.html"
        response = TemplateResponse(request, template, context)
        patch_cache_control(response, no_store=True)
        return response


def switching_question(on: bool) -> str:
    """Return what is asked before apps are switched on or off; `%(apps)s` is in it."""
    if on:
        return gettext(
            "Switch %(apps)s on? What it still has of good secrets and tokens works again."
        )
    return gettext(
        "Switch %(apps)s off? It gets no more tokens, and those it has are refused, until it is "
        "switched on again."
    )


def revoked(count: int, also: str = "") -> str:
    """Return what was revoked, as a sentence: so many tokens, and perhaps something besides."""
    tokens = ngettext(
        "%(count)d access token revoked.", "%(count)d access tokens revoked.", count
    ) % {"count": count}
    if not also:
        return tokens
    return gettext("Revoked %(what)s.") % {"what": also} + " " + tokens


def _newest_secret(app: App) -> int | None:
    newest: int | None = app.secrets.aggregate(newest=models.Max("pk"))["newest"]
    return newest

"""The admin pages of apps, access tokens and cached tokens.

A secret is shown in one place only: the answer to the POST that made it. It goes through no
redirect, message or session, and nothing secret is listed or searched.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_cache_control
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from eaglet.auth.models import AccessToken, App, AppGrant, AppSecret, CachedToken

if TYPE_CHECKING:
    from eaglet.auth.models import AccessTokenQuerySet, AppQuerySet

    AppModelAdmin = admin.ModelAdmin[App]
    AccessTokenModelAdmin = admin.ModelAdmin[AccessToken]
    CachedTokenModelAdmin = admin.ModelAdmin[CachedToken]
    AppGrantTabularInline = admin.TabularInline[AppGrant, App]
    AppSecretTabularInline = admin.TabularInline[AppSecret, App]
else:
    AppModelAdmin = AccessTokenModelAdmin = CachedTokenModelAdmin = admin.ModelAdmin
    AppGrantTabularInline = AppSecretTabularInline = admin.TabularInline


class GrantInline(AppGrantTabularInline):
    """What an app may do."""

    model = AppGrant
    extra = 0


class SecretInline(AppSecretTabularInline):
    """An app's secrets: when they were used, and until when they are good."""

    model = AppSecret
    extra = 0
    can_delete = False
    fields = ("fingerprint", "created_at", "expires_at", "last_used_at", "revocation")
    readonly_fields = ("fingerprint", "created_at", "last_used_at", "revocation")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: a secret is made on a page of its own, which shows it."""
        return False

    @admin.display(description=_("fingerprint"))
    def fingerprint(self, secret: AppSecret) -> str:
        """What tells it from another."""
        return secret.fingerprint

    @admin.display(description=_("revoked at"))
    def revocation(self, secret: AppSecret) -> Any:
        """When it was revoked, or where to do so."""
        if secret.revoked_at is not None:
            return secret.revoked_at
        url = reverse(
            "admin:eaglet_auth_app_revoke_secret",
            args=[secret.app_id, secret.pk],
            current_app=self.admin_site.name,
        )
        label = gettext("Revoke secret %(fingerprint)s") % {"fingerprint": secret.fingerprint}
        return format_html('<a href="{}">{}</a>', url, label)


@admin.register(App)
class AppAdmin(AppModelAdmin):
    """Apps: their keys, secrets and grants."""

    list_display = ("name", "app_key", "is_active", "live_tokens", "last_used_at")
    list_filter = ("is_active",)
    search_fields = ("name", "app_key")
    fields = ("name", "app_key", "is_active", "token_lifetime_seconds", "may_introspect")
    readonly_fields = ("app_key",)
    inlines = (GrantInline, SecretInline)
    actions = ("revoke_tokens",)

    def get_queryset(self, request: HttpRequest) -> AppQuerySet:
        """Every app, with its activity."""
        return cast("AppQuerySet", super().get_queryset(request)).with_activity()

    def get_fields(self, request: HttpRequest, obj: App | None = None) -> Any:
        """The form's fields; there is no app key before there is an app."""
        return self.fields if obj else [name for name in self.fields if name != "app_key"]

    def get_inlines(self, request: HttpRequest, obj: App | None) -> Any:
        """Grants and secrets, once the app is there: a new one gets its first of each."""
        return self.inlines if obj else ()

    @admin.display(description=_("live tokens"), ordering="live_tokens")
    def live_tokens(self, app: App) -> int:
        """How many access tokens of the app are accepted."""
        count: int = app.live_tokens  # type: ignore[attr-defined]
        return count

    @admin.display(description=_("last used at"), ordering="last_used_at")
    def last_used_at(self, app: App) -> Any:
        """When a token was last issued to the app."""
        return app.last_used_at  # type: ignore[attr-defined]

    # A new app, and its first secret

    @sensitive_variables()
    def save_model(self, request: HttpRequest, obj: App, form: Any, change: bool) -> None:
        """Save the app; give a new one its first secret and the grant of everything."""
        super().save_model(request, obj, form, change)
        if not change:
            obj.first_secret = obj.equip().secret  # type: ignore[attr-defined]

    @sensitive_variables()
    def response_add(
        self, request: HttpRequest, obj: App, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the new app's secret, here and never again."""
        return self._show_secret(request, obj, obj.first_secret)  # type: ignore[attr-defined]

    # Further secrets

    def get_urls(self) -> list[URLPattern]:
        """The pages of the model, and those for its secrets."""
        own = [
            path(
                "<path:object_id>/secrets/add/",
                self.admin_site.admin_view(self.add_secret_view),
                name="eaglet_auth_app_add_secret",
            ),
            path(
                "<path:object_id>/secrets/<int:secret_id>/revoke/",
                self.admin_site.admin_view(self.revoke_secret_view),
                name="eaglet_auth_app_revoke_secret",
            ),
        ]
        return own + super().get_urls()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form, with the way to a further secret where the user may make one."""
        obj = kwargs.get("obj")
        context["may_add_secret"] = obj is not None and self._may(request, obj, "add")
        return super().render_change_form(request, context, *args, **kwargs)

    @sensitive_variables()
    def add_secret_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether to make a further secret; make it and show it."""
        app = self._app(request, object_id, "add")
        if request.method != "POST":
            return self._confirm(
                request,
                app,
                title=gettext("Add a secret"),
                question=gettext(
                    "Add a further secret to %(app)s? Those it has stay good until they are "
                    "revoked or expire."
                )
                % {"app": app},
                label=gettext("Add the secret"),
            )
        with transaction.atomic(using=app._state.db):
            created = app.add_secret()
            self.log_change(request, app, f"Added {created.record}.")
        return self._show_secret(request, app, created.secret)

    def revoke_secret_view(
        self, request: HttpRequest, object_id: str, secret_id: int
    ) -> HttpResponse:
        """Ask whether to revoke a secret and the tokens issued for it; do so."""
        app = self._app(request, object_id, "change")
        secret = app.secrets.filter(pk=secret_id).first()
        if secret is None:
            raise Http404
        if request.method != "POST":
            return self._confirm(
                request,
                app,
                title=gettext("Revoke a secret"),
                question=gettext(
                    "Revoke %(secret)s of %(app)s, and every access token issued for it? This "
                    "can't be undone."
                )
                % {"secret": secret, "app": app},
                label=gettext("Revoke the secret"),
            )
        with transaction.atomic(using=app._state.db):
            count = secret.revoke()
            self.log_change(request, app, f"Revoked {secret} and {count} access tokens.")
        self.message_user(request, _revoked_message(count, also=str(secret)), messages.SUCCESS)
        return HttpResponseRedirect(self._change_url(app))

    def _app(self, request: HttpRequest, object_id: str, action: str) -> App:
        app = self.get_object(request, unquote(object_id))
        if app is None:
            raise Http404
        if not self._may(request, app, action):
            raise PermissionDenied
        return app

    def _may(self, request: HttpRequest, app: App, action: str) -> bool:
        allowed = request.user.has_perm(f"eaglet_auth.{action}_appsecret")
        return allowed and self.has_change_permission(request, app)

    def _url(self, name: str, *args: str) -> str:
        return reverse(name, args=args, current_app=self.admin_site.name)

    def _change_url(self, app: App) -> str:
        return self._url("admin:eaglet_auth_app_change", quote(app.pk))

    def _confirm(self, request: HttpRequest, app: App, **context: Any) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "app": app,
            "change_url": self._change_url(app),
            **context,
        }
        return TemplateResponse(request, "admin/eaglet_auth/app/confirm.html", context)

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

    # Revoking and deleting

    @admin.action(description=_("Revoke all tokens of selected apps"), permissions=["change"])
    def revoke_tokens(self, request: HttpRequest, queryset: models.QuerySet[App]) -> None:
        """Revoke every live token of the selected apps."""
        total = 0
        with transaction.atomic(using=queryset.db):
            for app in queryset:
                count = app.revoke_tokens()
                self.log_change(request, app, f"Revoked {count} access tokens.")
                total += count
        self.message_user(request, _revoked_message(total), messages.SUCCESS)

    def get_deleted_objects(
        self, objs: Iterable[App] | models.QuerySet[App], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """What goes with the apps, counted: their tokens may be too many to list."""
        apps = list(objs)
        names: list[Any] = [f"{App._meta.verbose_name}: {app}" for app in apps]
        counts = {str(App._meta.verbose_name_plural): len(apps)}
        for model in (AppGrant, AppSecret, AccessToken):
            rows = model._default_manager.filter(app__in=apps)
            counts[str(model._meta.verbose_name_plural)] = rows.count()
        needed = set() if self.has_delete_permission(request) else {str(App._meta.verbose_name)}
        return names, counts, needed, []


class TokenStateFilter(admin.SimpleListFilter):
    """Live, expired or revoked."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The states there are."""
        return [("live", _("live")), ("expired", _("expired")), ("revoked", _("revoked"))]

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[AccessToken]
    ) -> models.QuerySet[AccessToken]:
        """The tokens in the state asked for."""
        tokens = cast("AccessTokenQuerySet", queryset)
        if self.value() == "live":
            return tokens.live()
        if self.value() == "expired":
            return tokens.expired()
        if self.value() == "revoked":
            return tokens.filter(revoked_at__isnull=False)
        return tokens


@admin.register(AccessToken)
class AccessTokenAdmin(AccessTokenModelAdmin):
    """Issued access tokens, to be looked at and revoked."""

    list_display = ("pk", "app", "created_at", "expires_at", "revoked_at", "accepted")
    list_filter = (TokenStateFilter, "app")
    list_select_related = ("app", "secret")
    search_fields = ("app__name", "app__app_key")
    show_full_result_count = False
    fields = ("app", "secret", "created_at", "expires_at", "revoked_at")
    readonly_fields = fields
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No: tokens are issued."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AccessToken | None = None) -> bool:
        """Whether tokens may be revoked; none may be edited."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: AccessToken | None = None) -> bool:
        """No: a token is revoked, and pruned once it has expired."""
        return False

    @admin.display(description=_("accepted"), boolean=True)
    def accepted(self, token: AccessToken) -> bool:
        """Whether a request with it is let in."""
        revoked = token.revoked_at is not None or token.secret.revoked_at is not None
        return token.app.is_active and not revoked and not token.is_expired

    @admin.action(description=_("Revoke selected tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: models.QuerySet[AccessToken]) -> None:
        """Revoke those of the selected tokens that are live."""
        with transaction.atomic(using=queryset.db):
            live = AccessToken.objects.using(queryset.db).filter(
                pk__in=[token.pk for token in queryset if token.revoked_at is None]
            )
            _log_changes(request, live, "Revoked.")
            count = live.revoke()
        self.message_user(request, _revoked_message(count), messages.SUCCESS)


@admin.register(CachedToken)
class CachedTokenAdmin(CachedTokenModelAdmin):
    """Tokens got from other services, to be looked at and forgotten."""

    list_display = ("service", "address", "app_key", "obtained_at", "expires_at", "holds_token")
    search_fields = ("service", "address", "app_key")
    fields = ("service", "address", "app_key", "obtained_at", "expires_at", "updated_at")
    readonly_fields = fields
    actions = ("forget",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No: the client adds them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: CachedToken | None = None) -> bool:
        """Whether tokens may be forgotten; none may be edited."""
        return obj is None and super().has_change_permission(request)

    @admin.display(description=_("holds a token"), boolean=True)
    def holds_token(self, cached: CachedToken) -> bool:
        """Whether there is a token that is still good."""
        return cached.is_live

    @admin.action(description=_("Forget selected tokens"), permissions=["change"])
    def forget(self, request: HttpRequest, queryset: models.QuerySet[CachedToken]) -> None:
        """Drop the selected tokens; the client asks for new ones when it needs them."""
        with transaction.atomic(using=queryset.db):
            rows = CachedToken.objects.using(queryset.db).filter(
                pk__in=[cached.pk for cached in queryset]
            )
            _log_changes(request, rows, "Forgotten.")
            count = rows.forget()
        self.message_user(
            request,
            ngettext("%(count)d token forgotten.", "%(count)d tokens forgotten.", count)
            % {"count": count},
            messages.SUCCESS,
        )


def _revoked_message(count: int, also: str = "") -> str | SafeString:
    tokens = ngettext(
        "%(count)d access token revoked.", "%(count)d access tokens revoked.", count
    ) % {"count": count}
    if not also:
        return tokens
    return gettext("Revoked %(what)s.") % {"what": also} + " " + tokens


def _log_changes(request: HttpRequest, queryset: models.QuerySet[Any], message: str) -> None:
    LogEntry.objects.log_actions(
        user_id=request.user.pk,  # type: ignore[arg-type]
        queryset=queryset,
        action_flag=CHANGE,
        change_message=message,
    )

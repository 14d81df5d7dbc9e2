"""List and edit apps, and act on several at once."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import display_for_value
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from eaglet.auth.admin.app_actions import AppPages
from eaglet.auth.admin.grants import AppForm, held_by
from eaglet.auth.admin.issuing import AudienceGrantInline
from eaglet.auth.admin.secrets import SecretInline
from eaglet.auth.models import (
    AccessToken,
    App,
    AppGrant,
    AppSecret,
    AudienceGrant,
    RefusedCalls,
)
from eaglet.conf import conf

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as LazyText

    from eaglet.auth.models import AppQuerySet


def _action(operation: str, description: LazyText) -> Callable[..., HttpResponse | None]:
    @admin.action(description=description, permissions=["change"])
    def act(
        self: AppPages, request: HttpRequest, queryset: models.QuerySet[App]
    ) -> HttpResponse | None:
        return self.operate_on_selected(request, queryset, operation)

    return act


@admin.register(App)
class AppAdmin(AppPages):
    """Apps: their keys, secrets and grants."""

    list_display = (
        "name",
        "is_active",
        "live_tokens",
        "last_used_at",
        "calls_refused",
        "app_key",
    )
    list_filter = ("is_active",)
    list_per_page = 50
    search_fields = ("name", "app_key")
    form = AppForm
    fieldsets = (
        (None, {"fields": ("name", "app_key", "is_active")}),
        (_("Access tokens"), {"fields": ("token_lifetime_seconds", "may_introspect")}),
        (_("Grants"), {"fields": ("granted",)}),
        (_("Use"), {"fields": ("live_tokens", "last_used_at", "refused")}),
    )
    readonly_fields = ("app_key", "is_active", "live_tokens", "last_used_at", "refused")
    inlines = (SecretInline,)
    actions = ("revoke_tokens", "switch_off", "switch_on")

    def get_queryset(self, request: HttpRequest) -> AppQuerySet:
        """Return every app, with its activity."""
        return cast("AppQuerySet", super().get_queryset(request)).with_activity()

    # The form: a new app is switched on, and gets a first secret.

    def get_fieldsets(self, request: HttpRequest, obj: App | None = None) -> Any:
        """Return the form's fields, in groups."""
        if obj is not None:
            return self.fieldsets
        fields = ("name", "token_lifetime_seconds", "may_introspect")
        return ((None, {"fields": fields}), (_("Grants"), {"fields": ("granted",)}))

    def get_readonly_fields(self, request: HttpRequest, obj: App | None = None) -> Any:
        """Return what is only shown; the grants too, to those who may not change any."""
        if request.user.has_perm("eaglet_auth.change_appgrant"):
            return self.readonly_fields
        return (*self.readonly_fields, "granted")

    def get_inlines(self, request: HttpRequest, obj: App | None) -> Any:
        """Return the secrets, once the app is there, and its grants at other services."""
        if obj is None:
            return ()
        return (*self.inlines, AudienceGrantInline) if conf.EAGLET_AUDIENCES else self.inlines

    @admin.display(description=_("May call"))
    def granted(self, app: App) -> Any:
        """Return the grants, to those who may only look."""
        held = held_by(app)
        if not held:
            return gettext("Nothing: every call that takes a grant is refused.")
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((g,) for g in held)))

    @admin.display(description=_("calls refused"))
    def refused(self, app: App) -> Any:
        """Return which calls were refused although the app was known."""
        # No inline: one that appears between a form and its answer would make that one invalid.
        rows = RefusedCalls.objects.using(app._state.db).filter(app=app)
        if not rows:
            return gettext("none")
        return render_to_string("admin/eaglet_auth/app/refused.html", {"rows": rows})

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the secrets' ends and the grants; say so if nothing is granted."""
        super().save_related(request, form, formsets, change)
        unknown = [str(one) for one in form.instance.audience_grants.all() if one.is_unknown]
        if unknown:
            told = gettext("No operation there asks for this: %(grants)s.")
            self.message_user(request, told % {"grants": ", ".join(unknown)}, messages.WARNING)
        if "granted" in form.cleaned_data:
            form.save_grants()
        elif change:
            return
        if not held_by(form.instance):
            self.message_user(
                request,
                gettext("Nothing is granted to %(app)s: every call that takes a grant is refused.")
                % {"app": form.instance},
                messages.WARNING,
            )

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Return what the history says: of grants, which."""
        changed = form.changed_data
        if not isinstance(form, AppForm) or "granted" not in changed:
            return super().construct_change_message(request, form, formsets, add)
        changed.remove("granted")
        any_form: Any = form  # the stubs know forms of no model only
        message: Any = super().construct_change_message(request, any_form, formsets, add)
        # As Django notes the rows of an inline; it translates that when it is read.
        with override(None):
            name = str(AppGrant._meta.verbose_name)
        message += [{"added": {"name": name, "object": grant}} for grant in form.added]
        message += [{"deleted": {"name": name, "object": grant}} for grant in form.taken_away]
        return message

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Return the form, with the ways to what the user may do to the app."""
        if app := kwargs.get("obj"):
            may_change = self.has_change_permission(request, app)
            may_add = may_change and request.user.has_perm("eaglet_auth.add_appsecret")
            context.update(may_change=may_change, may_add_secret=may_add)
        return super().render_change_form(request, context, *args, **kwargs)

    @sensitive_variables()
    def save_model(self, request: HttpRequest, obj: App, form: Any, change: bool) -> None:
        """Save the app; give a new one its first secret."""
        super().save_model(request, obj, form, change)
        if not change:
            obj.first_secret = obj.add_secret().secret  # type: ignore[attr-defined]

    @sensitive_variables()
    def response_add(
        self, request: HttpRequest, obj: App, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the new app's secret, here and never again."""
        secret: str = obj.first_secret  # type: ignore[attr-defined]
        return self._show_secret(request, obj, secret)

    # The list

    @admin.display(description=_("live tokens"))
    def live_tokens(self, app: App) -> Any:
        """Return how many access tokens of the app are accepted, and the way to them."""
        count = app.tokens.using(app._state.db).live().count()
        url = self._url("eaglet_auth_accesstoken_changelist")
        return format_html(
            '<a href="{}?app__id__exact={}&amp;state=live">{}</a>', url, app.pk, count
        )

    @admin.display(description=_("last used at"), ordering="last_used_at")
    def last_used_at(self, app: App) -> Any:
        """Return when a token was last issued to the app."""
        used_at: datetime.datetime | None = app.last_used_at  # type: ignore[attr-defined]
        # Written out: on an app's own page Django would show it in UTC.
        return gettext("never") if used_at is None else display_for_value(used_at, "")

    @admin.display(description=_("calls refused"), ordering="calls_refused")
    def calls_refused(self, app: App) -> int:
        """Return how many calls were refused although the app was known, since it was made."""
        count: int = app.calls_refused  # type: ignore[attr-defined]
        return count

    revoke_tokens = _action("revoke_tokens", _("Revoke all tokens of selected apps"))
    switch_off = _action("switch_off", _("Switch selected apps off"))
    switch_on = _action("switch_on", _("Switch selected apps on"))

    # Deleting

    def get_deleted_objects(
        self, objs: Iterable[App] | models.QuerySet[App], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Return what goes with the apps, counted: their tokens may be too many to list."""
        apps = list(objs)
        names: list[Any] = [f"{App._meta.verbose_name}: {app}" for app in apps]
        counts = {str(App._meta.verbose_name_plural): len(apps)}
        for model in (AppGrant, AudienceGrant, AppSecret, AccessToken, RefusedCalls):
            rows = model._default_manager.filter(app__in=apps)
            counts[str(model._meta.verbose_name_plural)] = rows.count()
        needed = set() if self.has_delete_permission(request) else {str(App._meta.verbose_name)}
        return names, counts, needed, []

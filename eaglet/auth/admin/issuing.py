"""Show what an app may do at other services, and the keys that tokens for them are signed with."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from eaglet.auth.models import App, AudienceGrant, SigningKey
from eaglet.conf import conf

if TYPE_CHECKING:
    AudienceGrantTabularInline = admin.TabularInline[AudienceGrant, App]
    SigningKeyModelAdmin = admin.ModelAdmin[SigningKey]
else:
    AudienceGrantTabularInline = admin.TabularInline
    SigningKeyModelAdmin = admin.ModelAdmin


class AudienceGrantInline(AudienceGrantTabularInline):
    """An app's grants at the services of EAGLET_AUDIENCES."""

    model = AudienceGrant
    extra = 1

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field's form field; services are chosen from the setting."""
        if db_field.name == "audience":
            names = [(name, name) for name in sorted(conf.EAGLET_AUDIENCES)]
            return forms.ChoiceField(label=_("service"), choices=[("", "---------"), *names])
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(SigningKey)
class SigningKeyAdmin(SigningKeyModelAdmin):
    """Signing keys, without the private ones; `manage.py rotate_signing_key` makes them."""

    list_display = ("kid", "algorithm", "created_at", "signs_from")
    fields = ("kid", "algorithm", "public_key", "created_at", "signs_from")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: a command makes a key."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: SigningKey | None = None) -> bool:
        """Return False: nothing of a key changes."""
        return False

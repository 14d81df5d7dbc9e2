"""Show grants: an app's, as boxes to tick, and those of all, by service."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from eaglet.auth.grant_choices import grant_groups
from eaglet.auth.models import App, AppGrant, AudienceGrant
from eaglet.conf import conf


class AppForm(forms.ModelForm):  # type: ignore[type-arg]
    """An app and what it may do."""

    granted = forms.MultipleChoiceField(
        label=_("May call"),
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "eaglet-grants"}),
        help_text=_(
            "Nothing ticked grants nothing: every call that takes a grant is refused. "
            "“*” allows all there is, and all that will be."
        ),
    )

    class Media:
        css = {"all": ["eaglet_auth/admin.css"]}

    added: Sequence[str] = ()
    taken_away: Sequence[str] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("granted")
        if isinstance(field, forms.MultipleChoiceField):
            field.initial = held_by(self.instance)
            field.choices = grant_groups(field.initial)

    def save_grants(self) -> None:
        """Write what was ticked and cleared; `added` and `taken_away` say what that was."""
        before = set(held_by(self.instance))
        after = set(self.cleaned_data["granted"])
        self.added, self.taken_away = sorted(after - before), sorted(before - after)
        using = self.instance._state.db
        grants = AppGrant.objects.using(using).filter(app=self.instance)
        with transaction.atomic(using=using):
            if self.taken_away:
                grants.filter(grant__in=self.taken_away).delete()
            for grant in self.added:
                AppGrant(app=self.instance, grant=grant).save(using=using, force_insert=True)


def held_by(app: App) -> list[str]:
    """Return the grants an app holds, in order."""
    if app._state.adding:
        return []
    grants = AppGrant.objects.using(app._state.db).filter(app=app)
    return sorted(grants.values_list("grant", flat=True))


def who_may_what() -> list[tuple[str, list[tuple[App, list[str]]]]]:
    """Return each service's name, "" for this one, and the apps with grants there, with these.

    Services that grants are left of, and that it issues for no longer, come too.
    """
    held: dict[str, dict[int, list[str]]] = {name: {} for name in ("", *conf.EAGLET_AUDIENCES)}
    for app_id, grant in AppGrant.objects.order_by("grant").values_list("app_id", "grant"):
        held[""].setdefault(app_id, []).append(grant)
    for name, app_id, grant in AudienceGrant.objects.values_list("audience", "app_id", "grant"):
        held.setdefault(name, {}).setdefault(app_id, []).append(grant)
    apps = App.objects.with_activity()
    return [
        (name, [(app, found[app.pk]) for app in apps if app.pk in found])
        for name, found in sorted(held.items())
    ]

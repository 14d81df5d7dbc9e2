"""Show the grants of an app as boxes to tick: what the registered resources can ask for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from eaglet.auth.grant_choices import grant_groups
from eaglet.auth.models import App, AppGrant


class AppForm(forms.ModelForm):  # type: ignore[type-arg]
    """An app and what it may do."""

    granted = forms.MultipleChoiceField(
        label=_("May call"),
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "eaglet-grants"}),
        help_text=_(
            "Nothing ticked grants nothing: every call that takes a grant is refused. "
            "“everything” allows all there is, and all that will be."
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

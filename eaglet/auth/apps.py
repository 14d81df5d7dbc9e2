"""Register the app that keeps app keys and access tokens."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _

from eaglet.api import registry
from eaglet.api.security import decorator
from eaglet.conf import conf
from eaglet.doctor import register_examination
from eaglet.tokens import register_shared_store


class AuthConfig(AppConfig):
    """Puts the verifier and the token store into their slots when the project starts."""

    name = "eaglet.auth"
    label = "eaglet_auth"
    verbose_name = _("App keys and access tokens")
    default_auto_field = "django.db.models.BigAutoField"
    verifies_access_tokens = True

    def ready(self) -> None:
        """Register what other apps find through a slot, and the system checks."""
        # These need the app registry, or settings.
        from eaglet.auth import checks, models, refusals  # noqa: F401,PLC0415
        from eaglet.auth.health import examine_callers  # noqa: PLC0415
        from eaglet.auth.tokens import invalidation  # noqa: PLC0415
        from eaglet.auth.tokens.store import DatabaseTokenStore  # noqa: PLC0415
        from eaglet.auth.tokens.verification import VerifiedAccessToken  # noqa: PLC0415
        from eaglet.auth.verifiers.chain import TokenVerifiers  # noqa: PLC0415
        from eaglet.conf import checks as setting_checks  # noqa: F401,PLC0415

        decorator.register_verifier(TokenVerifiers())
        register_shared_store(DatabaseTokenStore())
        register_examination("callers", examine_callers)

        note = refusals.note_missing_grants
        decorator.call_refused.connect(note, VerifiedAccessToken, dispatch_uid=__name__)
        for model in (models.App, models.AccessToken, models.AppSecret, models.AppGrant):
            post_save.connect(invalidation.announce_row, model, dispatch_uid=__name__)
        # Not of AccessToken: a listener would make deleting an app load each of its tokens.
        for model in (models.App, models.AppGrant, models.AppSecret):
            post_delete.connect(invalidation.announce_row, model, dispatch_uid=__name__)

        if apps.is_installed("eaglet.api"):
            registry.when_discovered(declare_access_token_resource)


def declare_access_token_resource() -> None:
    """Declare `auth.access_token`, if tokens are to be issued here (EAGLET_ISSUE_TOKENS).

    The standard's endpoints come with it.
    """
    wanted = conf.EAGLET_ISSUE_TOKENS
    if wanted is None:
        guarded = (resource.is_guarded() for resource in registry.registered())
        wanted = bool(conf.EAGLET_AUDIENCES) or any(guarded)
    if wanted:
        # These need Django REST framework; the former declares the resource.
        from eaglet.api import routing  # noqa: PLC0415
        from eaglet.auth import access_token_resource  # noqa: F401,PLC0415
        from eaglet.auth.oauth import urls  # noqa: PLC0415

        routing.contribute(urls.urlpatterns)

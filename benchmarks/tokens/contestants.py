"""The ways of checking a token that are compared: each has its view, and makes a token first."""

from importlib.util import find_spec

# The apps of those that are installed; every contestant runs with all of them.
APPS = {
    "rest_framework.authtoken": "rest_framework",
    "knox": "knox",
    "oauth2_provider": "oauth2_provider",
    "rest_framework_api_key": "rest_framework_api_key",
}
NEEDS = {
    "django-ninja": "ninja",
    "HasAPIKey": "rest_framework_api_key",
    "knox": "knox",
    "django-oauth-toolkit": "oauth2_provider",
}


def apps() -> list[str]:
    return [app for app, package in APPS.items() if find_spec(package) is not None]


def others() -> list[str]:
    """The contestants beside the plain view and eaglet whose packages are installed."""
    names = ["django-ninja", "HasAPIKey", "DRF TokenAuthentication", "knox", "django-oauth-toolkit"]
    return [name for name in names if find_spec(NEEDS.get(name, "rest_framework")) is not None]


def credentials() -> dict[str, str]:
    """Make a token for each of the others: the value of its Authorization header."""
    import datetime

    from django.contrib.auth.models import User
    from django.utils import timezone

    user, _ = User.objects.get_or_create(username="caller")
    made = {}
    for name in others():
        if name == "HasAPIKey":
            from rest_framework_api_key.models import APIKey

            made[name] = f"Api-Key {APIKey.objects.create_key(name='caller')[1]}"
        elif name == "DRF TokenAuthentication":
            from rest_framework.authtoken.models import Token

            made[name] = f"Token {Token.objects.get_or_create(user=user)[0].key}"
        elif name == "knox":
            from knox.models import AuthToken

            made[name] = f"Token {AuthToken.objects.create(user)[1]}"
        elif name == "django-oauth-toolkit":
            from oauth2_provider.models import AccessToken, Application

            application = Application.objects.create(
                name="caller",
                user=user,
                client_type=Application.CLIENT_CONFIDENTIAL,
                authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
            )
            AccessToken.objects.create(
                user=user,
                application=application,
                token="benchmark-token",
                expires=timezone.now() + datetime.timedelta(days=1),
                scope="read",
            )
            made[name] = "Bearer benchmark-token"
    return made


def patterns(name: str) -> list:
    if name == "django-ninja":
        return _ninja()
    if name == "HasAPIKey":
        from rest_framework_api_key.permissions import HasAPIKey

        return _drf((), (HasAPIKey,))
    from rest_framework.permissions import IsAuthenticated

    if name == "DRF TokenAuthentication":
        from rest_framework.authentication import TokenAuthentication as Authentication
    elif name == "knox":
        from knox.auth import TokenAuthentication as Authentication
    else:
        from oauth2_provider.contrib.rest_framework import OAuth2Authentication as Authentication
    return _drf((Authentication,), (IsAuthenticated,))


def _drf(authenticators: tuple, permissions: tuple) -> list:
    from django.urls import path
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class Data(APIView):
        authentication_classes = authenticators
        permission_classes = permissions

        def get(self, request):
            query = request.query_params
            data = {"id": int(query["id"]), "name": query["name"], "price": float(query["price"])}
            return Response({"code": 200, "data": data, "errMsg": "", "innerErrMsg": ""})

    return [path("job/b/", Data.as_view())]


def _ninja() -> list:
    import hashlib

    from django.urls import path
    from django.utils import timezone
    from ninja import NinjaAPI
    from ninja.security import HttpBearer

    from eaglet.auth.models import AccessToken

    class Bearer(HttpBearer):
        def authenticate(self, request, token):
            digest = hashlib.sha256(token.encode()).hexdigest()
            record = AccessToken.objects.select_related("app").filter(digest=digest).first()
            if record is None or record.revoked_at or record.expires_at <= timezone.now():
                return None
            return record if record.app.is_active else None

    api = NinjaAPI(docs_url=None, openapi_url=None)

    def data(request, id: int, name: str, price: float):
        values = {"id": id, "name": name, "price": price}
        return {"code": 200, "data": values, "errMsg": "", "innerErrMsg": ""}

    api.get("job/b/", auth=Bearer())(data)
    return [path("", api.urls)]

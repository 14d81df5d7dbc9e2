import pytest
from django.utils import timezone
from joserfc.jwk import ECKey

from eaglet.auth import keys
from eaglet.auth.models import AccessToken, App, AppSecret, SigningKey
from eaglet.contracts.fetching import UnexpectedStatus

rfc = pytest.mark.rfc

INACTIVE = {"active": False}


@pytest.fixture
def introspect(oauth):
    def ask(credentials, token, **form):
        return oauth("introspect", {"token": token, **form}, credentials=credentials)

    return ask


@rfc("7662", "2.2", "active is REQUIRED; client_id, token_type, exp, iat are OPTIONAL.")
def test_a_live_token_is_told_of(introspect, hermes):
    token = hermes.token()
    record = AccessToken.objects.get()
    answer = introspect(hermes, token)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {
        "active": True,
        "client_id": hermes.app.app_key,
        "token_type": "Bearer",
        "iat": int(record.created_at.timestamp()),
        "exp": int(record.expires_at.timestamp()),
    }


@rfc("7662", "2.2", "iss is OPTIONAL: the issuer of the token.")
def test_the_issuer_is_told_where_there_is_one(introspect, hermes, settings):
    settings.EAGLET_ISSUER = "https://card.example"
    assert introspect(hermes, hermes.token()).json()["iss"] == "https://card.example"


def test_where_use_tz_is_off_the_moments_are_the_same(introspect, settings, make_app):
    settings.USE_TZ = False
    hermes = make_app()
    claims = introspect(hermes, hermes.token()).json()
    assert claims["exp"] - claims["iat"] in (7199, 7200, 7201)
    assert abs(claims["iat"] - timezone.datetime.now().timestamp()) < 60


def expired(hermes):
    AccessToken.objects.update(expires_at=timezone.now())


def revoked(hermes):
    AccessToken.objects.get().revoke()


def secret_revoked(hermes):
    AppSecret.objects.filter(tokens__isnull=False).get().revoke()
    return hermes.app.add_secret().secret


def removed(hermes):
    AccessToken.objects.all().delete()


@rfc("7662", "2.2", "A token that is expired, revoked or unknown is {active: false}, no more.")
@pytest.mark.parametrize("end", [expired, revoked, secret_revoked, removed])
def test_a_token_that_has_ended_is_inactive(introspect, hermes, end):
    token = hermes.token()
    hermes.secret = end(hermes) or hermes.secret
    answer = introspect(hermes, token)
    assert answer.status_code == 200
    assert answer.json() == INACTIVE


@rfc("7662", "4", "An expired or revoked token MUST be inactive, at once.")
def test_no_cached_verdict_counts(introspect, call, hermes):
    token = hermes.token()
    assert call(token).status_code == 200
    AccessToken.objects.get().revoke()
    assert introspect(hermes, token).json() == INACTIVE


@rfc("7662", "2.2", "A malformed token is not an error but inactive.")
@pytest.mark.parametrize("token", ["x", "\0", "é", "egt_" + "a" * 43, "egt_" + "a" * 5000, "a b"])
def test_what_is_no_token_is_inactive(introspect, hermes, token):
    answer = introspect(hermes, token)
    assert answer.status_code == 200
    assert answer.json() == INACTIVE


@rfc("7662", "2.1", "token is REQUIRED.")
@pytest.mark.parametrize("form", [{}, {"token": ""}, {"token": ["a", "a"]}])
def test_a_missing_or_repeated_token_is_an_invalid_request(oauth, hermes, form):
    answer = oauth("introspect", form, credentials=hermes)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


@rfc("7662", "2.1", "The server MAY ignore token_type_hint, and finds the token by any.")
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "other", ""])
def test_a_hint_changes_nothing(introspect, hermes, hint):
    assert introspect(hermes, hermes.token(), token_type_hint=hint).json()["active"] is True


@rfc("7662", "2.1", "The endpoint MUST require authorization, against scanning for tokens.")
@rfc("7662", "2.3", "Wrong client credentials are a 401 as in RFC 6749 §5.2.")
def test_without_credentials_nothing_is_told(oauth, hermes):
    token = hermes.token()
    wrong = {**hermes.form, "client_secret": keys.generate_secret()}
    for form in ({"token": token}, {"token": token, **wrong}):
        answer = oauth("introspect", form)
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"


@rfc("7662", "2.2", "A token that the client may not see is inactive.")
def test_another_apps_token_is_inactive(introspect, hermes, make_app):
    assert introspect(make_app("zeus"), hermes.token()).json() == INACTIVE


def test_an_app_that_may_introspect_sees_others_tokens(introspect, hermes, make_app):
    zeus = make_app("zeus", may_introspect=True)
    claims = introspect(zeus, hermes.token()).json()
    assert claims["active"] is True
    assert claims["client_id"] == hermes.app.app_key


def test_a_switched_off_apps_tokens_are_inactive(introspect, hermes, make_app):
    token = hermes.token()
    App.objects.filter(pk=hermes.app.pk).update(is_active=False)
    assert introspect(make_app("zeus", may_introspect=True), token).json() == INACTIVE


def test_it_counts_as_a_use_of_the_secret(introspect, hermes):
    introspect(hermes, "x")
    assert hermes.app.secrets.get().last_used_at is not None


@pytest.fixture
def jwt(issuer, hermes):
    issuer.allow(hermes, "card.trade:get")
    return issuer.token(hermes)


@rfc("7662", "2.2", "A JWT of the issuer's is told of as another token, with the grants of now.")
def test_a_jwt_is_told_of_to_whom_it_concerns(introspect, jwt, hermes, make_app, issuer):
    issuer.allow(hermes, "card.balance:get")
    told = introspect(hermes, jwt).json()
    assert told["active"] is True
    assert told["client_id"] == hermes.app.app_key
    assert told["aud"] == "https://card.example"
    assert told["scope"] == "card.balance:get card.trade:get"
    stranger, service = make_app("stranger"), make_app("card", may_introspect=True)
    assert introspect(stranger, jwt).json() == INACTIVE
    assert introspect(service, jwt).json() == told
    for none in (jwt[:-4] + "AAAA", "a.b.c", "a" * 9000 + ".b.c", "."):
        assert introspect(service, none).json() == INACTIVE


@pytest.mark.parametrize(
    "end",
    [
        lambda app: app.secrets.get().revoke(),
        lambda app: App.objects.filter(pk=app.pk).update(is_active=False),
        lambda app: app.delete(),
        lambda app: SigningKey.objects.all().delete(),
    ],
    ids=["secret", "app switched off", "app deleted", "key"],
)
def test_a_jwt_whose_ground_is_gone_is_inactive(introspect, jwt, hermes, make_app, end):
    service = make_app("card", may_introspect=True)
    end(hermes.app)
    assert introspect(service, jwt).json() == INACTIVE


def test_a_service_that_asks_takes_jwts_too(issuer, jwt, settings, make_app, call, hermes):
    service = make_app("card", may_introspect=True)
    settings.EAGLET_TOKEN_VERIFIERS = ["introspection"]
    settings.APP_KEY, settings.APP_SECRET = service.app.app_key, service.secret
    settings.EAGLET_TOKEN_CACHE_SECONDS = 0
    issuer.allow(hermes, "auth_tests.guarded:get")
    assert [call(jwt).status_code, call(jwt, "post").status_code] == [200, 403]
    hermes.app.secrets.get().revoke()
    assert call(jwt).status_code == 401


@rfc("7523", "2.2", "A service that asks about tokens authenticates by its key, too.")
def test_a_service_without_a_secret_asks_by_its_key(
    issuer, jwt, settings, make_app, call, hermes, tmp_path
):
    service = make_app("card", may_introspect=True)
    key = ECKey.generate_key("P-256")
    service.app.trust(public_key=key.as_dict(private=False))
    (file := tmp_path / "key.pem").write_bytes(key.as_pem(private=True))
    settings.EAGLET_TOKEN_VERIFIERS = ["introspection"]
    settings.APP_KEY, settings.EAGLET_CLIENT_PRIVATE_KEY_FILE = service.app.app_key, file
    issuer.allow(hermes, "auth_tests.guarded:get")
    assert call(jwt).status_code == 200
    settings.EAGLET_CLIENT_PRIVATE_KEY_FILE = tmp_path / "none"
    assert call(jwt).status_code == 401


def test_that_the_issuer_can_not_be_asked_stands_in_the_log(
    issuer, jwt, settings, call, caplog, monkeypatch
):
    settings.EAGLET_TOKEN_VERIFIERS = ["introspection"]
    settings.APP_KEY, settings.APP_SECRET = "nobody", "s3cr3t"

    def refuse(*args, **kwargs):
        raise UnexpectedStatus(401)

    monkeypatch.setattr("eaglet.auth.verifiers.introspection.fetch", refuse)
    assert call(jwt).status_code == 401
    assert "HTTP 401" in caplog.text
    assert "s3cr3t" not in caplog.text
    assert jwt not in caplog.text

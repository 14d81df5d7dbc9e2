import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from eaglet.auth.models import App
from eaglet.auth.tokens.issuing import issue_access_token


def create_app(*args):
    out = StringIO()
    call_command("create_app", *args, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
class TestCreateApp:
    def test_it_prints_lines_that_can_be_pasted_into_settings(self):
        printed = create_app("hermes", "--everything")
        assert re.fullmatch(r'APP_KEY = "[^"\n]+"\nAPP_SECRET = "[^"\n]+"\n', printed)
        pasted = {}
        exec(printed, pasted)
        assert issue_access_token(pasted["APP_KEY"], pasted["APP_SECRET"]).expires_in == 7200

    def test_without_a_word_of_what_it_may_call_no_app_is_made(self):
        with pytest.raises(CommandError, match=r"--grant APP\.RESOURCE:VERB.*--everything"):
            create_app("hermes")
        assert not App.objects.exists()

    @pytest.mark.parametrize(
        ("args", "grants"),
        [
            (["--everything"], ["*"]),
            (
                ["--grant", "demo.data:get", "--grant", "demo.*:get"],
                ["demo.*:get", "demo.data:get"],
            ),
            (["--no-grants"], []),
        ],
    )
    def test_it_may_call_what_the_options_say(self, args, grants):
        create_app("hermes", *args)
        assert [grant.grant for grant in App.objects.get().grants.all()] == grants

    @pytest.mark.parametrize("grant", ["demo.dta:get", "dmeo.*:*", "demo.data:fetch"])
    def test_a_grant_that_no_resource_here_has_is_refused_unless_forced(self, grant):
        with pytest.raises(CommandError, match="no resource here has what this grants"):
            create_app("hermes", "--grant", "demo.data:get", "--grant", grant)
        assert not App.objects.exists()
        create_app("hermes", "--grant", grant, "--force")
        assert [held.grant for held in App.objects.get().grants.all()] == [grant]

    def test_it_may_get_a_lifetime(self):
        create_app("hermes", "--everything", "--lifetime", "60")
        assert App.objects.get().token_lifetime_seconds == 60

    def test_a_name_that_is_taken_is_an_error_that_says_so(self):
        create_app("hermes", "--everything")
        with pytest.raises(CommandError, match="there is an app named 'hermes' already"):
            create_app("hermes", "--everything")
        assert App.objects.count() == 1

    @pytest.mark.parametrize(
        ("args", "said"),
        [
            (["--grant", "demo"], "'demo' is no grant"),
            (["--everything", "--lifetime", "0"], "greater than or equal to 1"),
            (["--no-grants", "--grant", "*"], "not allowed with"),
        ],
    )
    def test_a_wrong_option_makes_no_app(self, args, said):
        with pytest.raises(CommandError, match=said):
            create_app("hermes", *args)
        assert not App.objects.exists()


def test_grants_at_other_services_are_given(db, settings):
    settings.EAGLET_AUDIENCES = {"card": "https://card.example"}
    call_command("create_app", "hermes", at=["card=card.trade:get", "card=card.balance:*"])
    app = App.objects.get(name="hermes")
    assert not app.grants.exists()
    given = app.audience_grants.values_list("audience", "grant")
    assert set(given) == {("card", "card.trade:get"), ("card", "card.balance:*")}


@pytest.mark.parametrize("told", ["member=card.trade:get", "card", "card=all of it", "="])
def test_a_grant_at_no_service_or_none_at_all_makes_no_app(db, settings, told):
    settings.EAGLET_AUDIENCES = {"card": "https://card.example"}
    with pytest.raises(CommandError):
        call_command("create_app", "hermes", at=[told])
    assert not App.objects.exists()

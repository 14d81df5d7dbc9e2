import pytest
from django.core.exceptions import ValidationError

from eaglet.auth.grants import allows, validate_grant


@pytest.mark.parametrize(
    "text",
    ["*", "demo.data:get", "*.data:get", "demo.*:get", "demo.data:*", "*.*:*", "*.*:get",
     "mall.ship-info:post", "demo.a.b:get", "会员.积分:get", "reports.all:export_pdf"],
)  # fmt: skip
def test_a_grant_names_app_resource_and_verb_any_of_which_may_be_a_star(text):
    validate_grant(text)


@pytest.mark.parametrize(
    "text",
    ["", "**", "demo", "demo.data", "demo:get", ":get", ".:", "demo.data:", "demo.data:GET",
     "demo.da*:get", "demo.data:get ", " *", "demo/data:get", "demo.data:get\n", "*:*", "*.*"],
)  # fmt: skip
def test_anything_else_is_no_grant(text):
    with pytest.raises(ValidationError) as caught:
        validate_grant(text)
    assert repr(text) in caught.value.messages[0]


@pytest.mark.parametrize(
    "grant",
    ["*", "demo.data:get", "*.data:get", "demo.*:get", "demo.data:*", "*.*:get", "*.data:*",
     "demo.*:*", "*.*:*"],
)  # fmt: skip
def test_a_grant_covers_what_it_names(grant):
    assert allows({grant}, "demo.data:get")


@pytest.mark.parametrize(
    "grant",
    ["demo.data:post", "demo.other:get", "other.data:get", "*.data:post", "other.*:*",
     "*.other:*", "*.*:post", "demo.dat:get", "demo.data:ge"],
)  # fmt: skip
def test_a_grant_covers_nothing_else(grant):
    assert not allows({grant}, "demo.data:get")


@pytest.mark.parametrize("wanted", ["", "demo", "demo.data", ".:", "demo.:get", ":get"])
def test_stars_do_not_cover_what_is_no_name_of_a_method(wanted):
    assert not allows({"*.*:*"}, wanted)

"""Abstract bases and inheritance."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from eaglet.api import ApiResource, param_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")


def test_a_subclass_inherits_verbs_and_app_and_sets_its_own_resource(client):
    class Base(ApiResource):
        abstract = True
        app = "shop"

        @param_required(["id:int"])
        def get(args):
            return args["id"]

    class AChild(Base):
        resource = "child"

        def post(args):
            return "posted"

    assert client.get("/shop/child/?id=4").json()["data"] == 4
    assert client.post("/shop/child/").json()["data"] == "posted"
    assert not AChild.__dict__.get("abstract")


def test_abstract_counts_in_the_class_s_own_body_only():
    class Base(ApiResource):
        abstract = True

    with pytest.raises(ImproperlyConfigured, match="'app'"):

        class AChild(Base):
            resource = "child"


def test_a_verb_is_taken_away_by_setting_it_to_none(client):
    class AParent(ApiResource):
        app = "shop"
        resource = "parent"

        def get(args):
            return 1

        def delete(args):
            return 2

    class AChild(AParent):
        resource = "child"
        delete = None

    response = client.delete("/shop/child/")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"

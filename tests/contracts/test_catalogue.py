"""`manage.py eaglet_catalogue`: many services' documents, joined."""

import datetime
import json
import re
from html.parser import HTMLParser
from io import StringIO

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.utils import translation

from .services import HOSTILE, asyncapi, calls, fifty, openapi, written

TODAY = datetime.date.today().isoformat()
SHOP = openapi("shop", "shop.member:get", "shop.member:post", "auth.access_token:post")
DOCUMENTS = (
    SHOP,
    asyncapi("shop", takes=["shop.paid", "shop.old"], sends=["mail.sent"]),
    asyncapi("front", sends=["shop.paid", "shop.payd"]),
    calls("front", "shop", "shop.member:get", "shop.membr:get"),
)


def catalogue(tmp_path, *documents, **options):
    output = StringIO()
    files = [str(one) for one in written(tmp_path, *documents)]
    call_command("eaglet_catalogue", *options.pop("files", files), stdout=output, **options)
    return output.getvalue()


def joined(tmp_path, *documents, **options):
    return json.loads(catalogue(tmp_path, *documents, json=True, **options))


def test_who_answers_calls_and_sends_is_joined(tmp_path):
    made = joined(tmp_path, *DOCUMENTS)
    assert [one["name"] for one in made["services"]] == ["front", "shop"]
    operations = {one["name"]: one for one in made["operations"]}
    assert operations["shop.member:get"]["callers"] == ["front"]
    assert operations["shop.member:get"]["path"] == "/shop/member/"
    queues = {one["name"]: (one["takers"], one["senders"]) for one in made["queues"]}
    assert queues == {
        "shop.paid": (["shop"], ["front"]),
        "shop.old": (["shop"], []),
        "mail.sent": ([], ["shop"]),
        "shop.payd": ([], ["front"]),
    }


def test_what_nobody_answers_takes_or_uses_is_found_with_what_was_meant(tmp_path):
    found = joined(tmp_path, *DOCUMENTS)["findings"]
    assert [(one["kind"], one["name"], one["by"], one["near"]) for one in found] == [
        ("unanswered", "shop shop.membr:get", ["front"], "shop shop.member:get"),
        ("untaken", "mail.sent", ["shop"], ""),
        ("untaken", "shop.payd", ["front"], "shop.paid"),
        ("unsent", "shop.old", ["shop"], ""),
        ("unused", "shop shop.member:post", ["shop"], ""),
    ]


def test_a_grant_that_is_nearly_a_verb_is_found(tmp_path):
    made = joined(tmp_path, openapi("shop", "shop.member:get", grants=["shop.memer:get"]))
    assert [(one["kind"], one["name"], one["near"]) for one in made["findings"]] == [
        ("grant", "shop.memer:get", "shop.member:get")
    ]
    assert joined(tmp_path, openapi("a", "a.b:get", grants=["may.see:all"]))["findings"] == []


def test_since_when_is_known_from_an_earlier_catalogue(tmp_path):
    old = joined(tmp_path, *DOCUMENTS[:1])
    assert set(old["since"].values()) == {TODAY}
    old["since"] = dict.fromkeys(old["since"], "2025-01-01")
    before = tmp_path / "old.json"
    before.write_text(json.dumps(old))
    since = joined(tmp_path, *DOCUMENTS, since=str(before))["since"]
    assert since["shop shop.member:get"] == since["shop"] == "2025-01-01"
    assert since["shop shop.member:get front"] == since["takers shop.paid shop"] == TODAY
    page = catalogue(tmp_path, *DOCUMENTS, since=str(before))
    assert "since 2025-01-01" in page
    assert TODAY in page


def test_a_document_can_be_given_the_services_name(tmp_path):
    [file] = written(tmp_path, SHOP)
    made = joined(tmp_path, files=[f"card={file}"])
    assert [one["name"] for one in made["services"]] == ["card"]


def test_who_publishes_what_and_who_subscribes_is_joined(tmp_path):
    documents = (
        asyncapi("card", emits=["points.changed", "points.spent"]),
        asyncapi("shop", takes=["points.changed"], subscribes=["points.*", "orders.#"]),
        asyncapi("mail", subscribes=["points.changed", "points.chnaged"]),
    )
    made = joined(tmp_path, *documents)
    assert {one["name"]: (one["senders"], one["takers"]) for one in made["events"]} == {
        "points.changed": (["card"], ["mail", "shop"]),
        "points.spent": (["card"], ["shop"]),
        "points.chnaged": ([], ["mail"]),
        "orders.#": ([], ["shop"]),
    }
    assert [one["name"] for one in made["queues"]] == ["points.changed"]
    found = {(one["kind"], one["name"], one["near"]) for one in made["findings"]}
    assert {one for one in found if one[0] == "unpublished"} == {
        ("unpublished", "points.chnaged", "points.changed"),
        ("unpublished", "orders.#", ""),
    }
    page = Read(catalogue(tmp_path, *documents))
    assert "Subscribes to" in page.text
    assert "subscribed to, and nobody publishes it" in page.text


def test_two_services_of_one_name_are_found(tmp_path):
    one, other = asyncapi("shop", takes=["a"]), asyncapi("shop", takes=["b"])
    assert "twice" not in {found["kind"] for found in joined(tmp_path, one, one)["findings"]}
    [found, *_] = joined(tmp_path, one, other, SHOP)["findings"]
    assert (found["kind"], found["name"]) == ("twice", "shop")


class Read(HTMLParser):
    """The elements of a page, with what they refer to, and its text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text, self.ids = [], "", set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.ids.add(dict(attrs).get("id"))

    def handle_data(self, data):
        self.text += data


def test_the_page_tells_all_of_it_and_needs_nothing_else(tmp_path):
    read = Read(catalogue(tmp_path, *DOCUMENTS))
    for told in (
        "shop.member:get",
        "shop.payd",
        "called, and nobody answers",
        "Did you mean this?",
    ):
        assert told in read.text
    places = [a["href"] for tag, a in read.elements if tag == "a"]
    assert places
    assert all(place.startswith("#") and place[1:] in read.ids for place in places)
    assert not any(
        {"src", "onclick", "style"} & attributes.keys() for _, attributes in read.elements
    )
    assert [tag for tag, _ in read.elements].count("script") == 1


def test_hostile_text_stays_text(tmp_path):
    page = catalogue(
        tmp_path,
        openapi(HOSTILE, "a.b:get", summary=HOSTILE, version=HOSTILE, grants=[HOSTILE]),
        asyncapi(HOSTILE, sends=[HOSTILE]),
        calls(HOSTILE, HOSTILE, "a.b:get", f"{HOSTILE}:get"),
    )
    read = Read(page)
    assert [tag for tag, _ in read.elements].count("script") == 1
    assert not [tag for tag, _ in read.elements if tag == "img"]
    assert HOSTILE in read.text


def test_the_page_speaks_chinese(tmp_path):
    with translation.override("zh-hans"):
        page = catalogue(tmp_path, *DOCUMENTS)
    assert 'lang="zh-hans"' in page
    english = re.findall(r">\s*([A-Z][a-z]+(?: [a-z?]+)*)\s*<", page)
    assert english == []


def test_fifty_services_are_joined(tmp_path):
    made = joined(tmp_path, *fifty())
    assert len(made["services"]) == len(made["queues"]) == 50
    assert len(made["operations"]) == 300
    assert {one["kind"] for one in made["findings"]} == {"unused"}


def test_backstage_takes_the_entities(tmp_path):
    entities = list(
        yaml.safe_load_all(catalogue(tmp_path, *DOCUMENTS, backstage=True, owner="team-a"))
    )
    by_name = {one["metadata"]["name"]: one for one in entities}
    assert set(by_name) == {"shop-openapi", "shop-asyncapi", "front-asyncapi", "shop", "front"}
    assert {one["apiVersion"] for one in entities} == {"backstage.io/v1alpha1"}
    api = by_name["shop-openapi"]
    assert (api["kind"], api["spec"]["type"], api["spec"]["owner"]) == ("API", "openapi", "team-a")
    assert json.loads(api["spec"]["definition"]) == SHOP
    assert by_name["front"]["spec"]["consumesApis"] == ["shop-asyncapi", "shop-openapi"]
    assert by_name["shop"]["spec"]["providesApis"] == ["shop-openapi", "shop-asyncapi"]


def test_names_of_entities_are_such_as_backstage_takes(tmp_path):
    odd = [openapi(name, "a.b:get") for name in (HOSTILE, "积分", "会员", "x" * 70)]
    entities = yaml.safe_load_all(catalogue(tmp_path, *odd, backstage=True))
    names = [one["metadata"]["name"] for one in entities]
    assert len(set(names)) == len(names) == 8
    for name in names:
        assert re.fullmatch(r"[a-zA-Z0-9]([-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?", name)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ([], "is no OpenAPI 3 document or AsyncAPI 3 document or list of calls"),
        ({"asyncapi": "2.6.0"}, "is no OpenAPI 3 document or AsyncAPI 3 document"),
        ({"asyncapi": "3.0.0", "info": 7}, r"\$.info: 7 is not of type 'object'"),
        ({"asyncapi": "3.0.0"}, r"is no AsyncAPI 3 document: \$: 'info' is a required"),
        (
            {**asyncapi("a"), "operations": {"x": {"action": "take", "channel": {"$ref": "#/a"}}}},
            r"\$.operations.x.action: 'take' is not one of",
        ),
        ({**asyncapi("a"), "operations": {"x": 7}}, r"\$.operations.x: 7 is not of type 'object'"),
        ({**SHOP, "paths": 7}, r"is no OpenAPI 3 document: \$.paths"),
    ],
)
def test_what_is_no_document_is_told_in_one_line_that_says_where(tmp_path, document, fault):
    with pytest.raises(CommandError, match=fault) as raised:
        catalogue(tmp_path, document)
    assert "\n" not in str(raised.value)

import copy

import pytest
from django.core.exceptions import ImproperlyConfigured

from eaglet.mongo.databases import translate

SQL = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
DOCUMENTED = {
    "ENGINE": "mongo",
    "NAME": "app_data",
    "USER": None,
    "PASSWORD": None,
    "HOST": "mongo.apps.com",
    "ALIAS": "apps",
    "PORT": 27017,
}
SECRET = "s3cret-of-tests"


def translated(**named):
    databases = {"default": SQL, "apps_default": {**DOCUMENTED, **named}}
    translate(databases)
    return databases["apps"]


def test_the_documented_entry_is_known_by_its_alias_alone():
    databases = {"default": SQL, "apps_default": DOCUMENTED}
    translate(databases)
    assert sorted(databases) == ["apps", "default"]
    assert databases["default"] is SQL
    made = databases["apps"]
    assert made["ENGINE"] == "eaglet.mongo.engine"
    assert (made["USER"], made["PASSWORD"]) == ("", "")
    assert (made["HOST"], made["PORT"], made["NAME"]) == ("mongo.apps.com", 27017, "app_data")
    assert made["OPTIONS"]["serverSelectionTimeoutMS"] == 2000
    # Set, it would take the place of the bound above.
    assert "timeoutMS" not in made["OPTIONS"]


@pytest.mark.parametrize(
    "name", ["EAGLET_MONGO_TIMEOUT_SECONDS", "EAGLET_MONGO_OPERATION_TIMEOUT_SECONDS"]
)
@pytest.mark.parametrize("value", ["two", "2", None, True, 0, -1, float("nan")])
def test_a_time_that_is_none_is_told_by_its_setting(settings, name, value):
    setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match=f"^{name} is .* must be a number above 0"):
        translated()


def test_a_url_gives_its_credentials_up_and_keeps_its_options():
    url = f"mongodb://ada:{SECRET}+%40@a:1,b:2/shop?replicaSet=rs0&authSource=admin&tls=true"
    made = translated(HOST=url, NAME="", PORT=None)
    assert made["HOST"] == "mongodb://a:1,b:2/shop?replicaSet=rs0&authSource=admin&tls=true"
    assert (made["USER"], made["PASSWORD"], made["NAME"]) == ("ada", f"{SECRET} @", "shop")


def test_bounds_that_an_entry_sets_itself_stand():
    by_url = translated(HOST="mongodb://a/?serverselectiontimeoutms=7")
    assert "serverSelectionTimeoutMS" not in by_url["OPTIONS"]
    by_option = translated(OPTIONS={"serverSelectionTimeoutMS": 9, "authSource": "admin"})
    assert by_option["OPTIONS"]["serverSelectionTimeoutMS"] == 9
    assert by_option["OPTIONS"]["authSource"] == "admin"


def test_several_hosts_and_a_srv_name_are_taken():
    assert translated(HOST="a:1,b:2")["HOST"] == "a:1,b:2"
    assert translated(HOST="mongodb+srv://a.b.c", PORT="")["HOST"] == "mongodb+srv://a.b.c/"


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({"ENGINE": "djongo"}, "['ENGINE'] is 'djongo', which no supported Django can install"),
        ({"PASWORD": "x"}, "['PASWORD'] is unknown, perhaps 'PASSWORD'; allowed: ALIAS"),
        ({"ALIAS": ""}, "['ALIAS'] must be a str"),
        ({"ALIAS": "default"}, "['ALIAS'] is 'default', which is the name of another entry"),
        ({"ALIAS": "second"}, "['ALIAS'] is 'second', which is the name of another entry"),
        ({"NAME": None}, "['NAME'] must name the database"),
        ({"NAME": "a b"}, "names cannot contain"),
        ({"PORT": "x"}, "['PORT'] is 'x'; allowed: a number from 1 to 65535"),
        ({"PORT": 70000}, "1 to 65535"),
        ({"HOST": "mongodb+srv://a.b.c"}, "['PORT'] must be left out"),
        ({"HOST": "http://a"}, "'mongodb://' or 'mongodb+srv://'"),
        ({"HOST": 7}, "['HOST'] must be a host name"),
        ({"HOST": "a,,b"}, "comma in host list"),
        ({"HOST": f"ada:{SECRET}@a"}, "['HOST'] has credentials, which go to USER and PASSWORD"),
        ({"HOST": f"mongodb://ada:{SECRET}@x@a"}, "['HOST'] has an unquoted"),
        ({"HOST": f"mongodb://ada:left?{SECRET}@a/b"}, "unquoted"),
        ({"HOST": f"mongodb://ada:left/{SECRET}@a/b"}, "unquoted"),
        ({"HOST": f"mongodb://ada:{SECRET}[@a"}, "['HOST'] is no URL"),
        ({"HOST": f"mongodb://ada:{SECRET}@a:70000"}, "between 0 and 65535"),
        ({"HOST": "mongodb://a/?authSorce=x"}, "authsource"),
        ({"HOST": "mongodb://a/?tls=maybe"}, "'true' or 'false'"),
        ({"HOST": "mongodb://a/?tls=true&ssl=false"}, "conflicting"),
        ({"HOST": f"mongodb://a/?authMechanismProperties={SECRET}:x"}, "Properties are wrong"),
        ({"HOST": "mongodb+srv://a.b.c,d.e.f", "PORT": None}, "only one, hostname"),
        ({"OPTIONS": {"tlsCAFile": "/nowhere"}}, "No such file"),
        ({"OPTIONS": "tls"}, "['OPTIONS'] must be a dict"),
        ({"OPTIONS": {"authSorce": "x"}}, "authSorce"),
        ({"USER": "ada"}, "password is required"),
        ({"PASSWORD": SECRET}, "['USER'] is missing"),
        ({"ATOMIC_REQUESTS": True}, "['ATOMIC_REQUESTS'] must be False"),
    ],
    ids=lambda value: None if not isinstance(value, str) else value.replace(" ", "_")[:20],
)
def test_bad_input_is_refused_by_entry_and_reason(named, says):
    databases = {"default": SQL, "second": SQL, "apps_default": {**DOCUMENTED, **named}}
    before = copy.deepcopy(databases)
    with pytest.raises(ImproperlyConfigured) as caught:
        translate(databases)
    text = str(caught.value)
    assert "'apps_default'" in text
    assert says in text
    assert SECRET not in text
    assert caught.value.__cause__ is None
    assert databases == before


def test_two_entries_for_one_alias_are_refused():
    with pytest.raises(ImproperlyConfigured, match="'apps_default' has already"):
        translate({"default": SQL, "apps_default": DOCUMENTED, "more": {**DOCUMENTED}})


def test_a_missing_default_is_refused():
    with pytest.raises(ImproperlyConfigured, match="no 'default'"):
        translate({"apps_default": DOCUMENTED})


def test_a_default_that_is_mongodb_is_refused():
    entry = {key: value for key, value in DOCUMENTED.items() if key != "ALIAS"}
    with pytest.raises(ImproperlyConfigured, match="must be an SQL database"):
        translate({"default": entry})

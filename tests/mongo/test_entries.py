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
    ("named", "key", "says"),
    [
        ({"ENGINE": "djongo"}, "ENGINE", "Django 3.1"),
        ({"PASWORD": "x"}, "PASWORD", "perhaps 'PASSWORD'; allowed: ALIAS"),
        ({"ALIAS": ""}, "ALIAS", "must be a str"),
        ({"ALIAS": "default"}, "ALIAS", "name of another entry"),
        ({"ALIAS": "second"}, "ALIAS", "name of another entry"),
        ({"NAME": None}, "NAME", "must name the database"),
        ({"NAME": "a b"}, "NAME", "no name"),
        ({"PORT": "x"}, "PORT", "1 to 65535"),
        ({"PORT": 70000}, "PORT", "1 to 65535"),
        ({"PORT": True}, "PORT", "1 to 65535"),
        ({"HOST": "mongodb+srv://a.b.c"}, "PORT", "left out"),
        ({"HOST": "http://a"}, "HOST", "allowed: mongodb, mongodb+srv"),
        ({"HOST": 7}, "HOST", "not a int"),
        ({"HOST": "a,,b"}, "HOST", "commas"),
        ({"HOST": f"ada:{SECRET}@a"}, "HOST", "USER and PASSWORD"),
        ({"HOST": f"mongodb://ada:{SECRET}@x@a"}, "HOST", "unquoted"),
        ({"HOST": f"mongodb://ada:left?{SECRET}@a/b"}, "HOST", "unquoted"),
        ({"HOST": f"mongodb://ada:left/{SECRET}@a/b"}, "HOST", "unquoted"),
        ({"HOST": f"mongodb://ada:{SECRET}[@a"}, "HOST", "no URL"),
        ({"HOST": "a:70000"}, "HOST", "between 0 and 65535"),
        ({"HOST": "a b"}, "HOST", "no blanks"),
        ({"HOST": f"mongodb://ada:{SECRET}@a:70000"}, "HOST", "between 0 and 65535"),
        ({"HOST": "mongodb://a/?authSorce=x"}, "HOST", "'authSorce'"),
        ({"HOST": "mongodb://a/?tls=maybe"}, "HOST", "'true' or 'false'"),
        ({"HOST": "mongodb://a/?tls=true&ssl=false"}, "HOST", "conflicting"),
        ({"HOST": f"mongodb://a/?authMechanismProperties={SECRET}:x"}, "HOST", "Properties"),
        ({"HOST": "mongodb+srv://a.b.c,d.e.f", "PORT": None}, "HOST", "one name"),
        ({"OPTIONS": {"tlsCAFile": "/nowhere"}}, "OPTIONS", "No such file"),
        ({"USER": "ada"}, "PASSWORD", "allowed: both, neither"),
        ({"PASSWORD": SECRET}, "USER", "allowed: both"),
        ({"PASSWORD": 7}, "PASSWORD", "a str or None"),
        ({"OPTIONS": "tls"}, "OPTIONS", "must be a dict"),
        ({"OPTIONS": {"authSorce": "x"}}, "OPTIONS", "authSorce"),
        ({"OPTIONS": {"password": SECRET}}, "OPTIONS", "PASSWORD"),
        ({"ATOMIC_REQUESTS": True}, "ATOMIC_REQUESTS", "must be False"),
    ],
    ids=lambda value: None if not isinstance(value, str) else value.replace(" ", "_")[:20],
)
def test_bad_input_is_refused_by_entry_key_and_what_is_allowed(named, key, says):
    databases = {"default": SQL, "second": SQL, "apps_default": {**DOCUMENTED, **named}}
    before = copy.deepcopy(databases)
    with pytest.raises(ImproperlyConfigured) as caught:
        translate(databases)
    text = str(caught.value)
    assert "'apps_default'" in text
    assert repr(key) in text
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

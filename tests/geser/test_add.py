"""`geser add`: resources and tasks for a service that is there."""

import ast

import pytest


def test_a_resource_comes_with_its_package_and_its_test(geser, service, present):
    before = present(service)
    code, printed = geser("add", "resource", "mall.ship_info")
    assert code == 0
    after = present(service)
    added = {"api/mall/__init__.py", "api/mall/a_ship_info.py", "tests/test_mall_ship_info.py"}
    assert set(after) - set(before) == added
    assert {path: after[path] for path in before} == before
    assert all(path in printed for path in added)
    assert "class AShipInfo(" in after["api/mall/a_ship_info.py"]
    assert "access_token_required" in after["api/mall/a_ship_info.py"]


def test_it_answers_what_it_is_told_to(geser, service):
    code, _ = geser("add", "resource", "mall.order", "--methods", "POST,get", "--params", "id:int")
    assert code == 0
    text = (service / "api/mall/a_order.py").read_text()
    (declared,) = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    methods = [node for node in declared.body if isinstance(node, ast.FunctionDef)]
    assert [method.name for method in methods] == ["get", "post"]
    assert text.count('@param_required(["id:int"])') == 2


def test_a_task_comes_with_its_test(geser, service):
    code, printed = geser("add", "task", "ordered")
    assert code == 0
    assert printed.split() == [
        "Written:", "tasks/ordered.py", "Written:", "tests/test_task_ordered.py",
    ]  # fmt: skip
    text = (service / "tasks/ordered.py").read_text()
    assert '@task("services.member_service.tasks.ordered")' in text


@pytest.mark.parametrize(
    ("kind", "name", "module", "declared"),
    [
        ("event", "points.changed", "emits_points_changed", 'POINTS_CHANGED = emits("points.cha'),
        ("subscriber", "points.*", "on_points_any", '@on_event("points.*", once=True)'),
    ],
)
def test_an_event_and_a_subscriber_come_with_their_tests(
    geser, service, kind, name, module, declared
):
    code, printed = geser("add", kind, name)
    assert code == 0
    assert printed.split()[1::2] == [f"tasks/{module}.py", f"tests/test_{module}.py"]
    assert declared in (service / f"tasks/{module}.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["resource", "member.greeting"], "not overwritten"),
        (["resource", "order"], "app.name"),
        (["resource", "mall.Order"], "like 'order'"),
        (["resource", "mall.ship-info"], "like 'ship_info'"),
        (["resource", "mall.a.b"], "can't be the name of a resource"),
        (["resource", "../x.y"], "like"),
        (["resource", "mall.class"], "keyword"),
        (["resource", "auth.access_token"], "not for resources"),
        (["resource", "admin.user"], "not for resources"),
        (["resource", "decorators.x"], "there already"),
        (["resource", "mall.order", "--methods", "head"], "no method 'head'"),
        (["resource", "mall.order", "--params", "id:integer"], "there is no type 'integer'"),
        (["resource", "mall.order", "--params", "id", "?id"], "declared twice"),
        (["resource", "mall.order", "--params", 'a"b'], "can't be a parameter"),
        (["resource", "mall.order", "--params", "_method"], "can't be a parameter"),
        (["resource", "mall.order", "--params", "access_token"], "credential"),
        (["task", "greeted"], "not overwritten"),
        (["task", "import"], "keyword"),
        (["task", "Ordered"], "like 'ordered'"),
        (["task", "a..b"], "can't be the name of a task"),
        (["event", "points.*"], "can't be the name of an event"),
        (["subscriber", "points..changed"], "can't be the name of an event"),
        (["event", ".".join(["a" * 30] * 3)], "characters"),
        (["task", ".".join(["a" * 30] * 4)], "characters"),
    ],
)
def test_what_would_not_do_is_refused_and_nothing_written(
    geser, service, present, arguments, reason
):
    before = present(service)
    code, printed = geser("add", *arguments)
    assert code == 1
    assert reason in printed
    assert present(service) == before


def test_outside_a_service_there_is_nothing_to_add_to(geser):
    code, printed = geser("add", "task", "ordered")
    assert code == 1
    assert "is in no service that geser has made" in printed


@pytest.mark.parametrize("linked", ["api", "tests"])
def test_what_is_added_goes_through_no_symbolic_link(geser, service, present, linked):
    outside = service.parent / "outside"
    (service / linked).rename(outside)
    (service / linked).symlink_to(outside)
    before = present(outside)
    code, printed = geser("add", "resource", "mall.ship_info")
    assert code == 1
    assert f"{linked} is a symbolic link" in printed
    assert present(outside) == before

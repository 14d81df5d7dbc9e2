"""Documents of services that call and send to each other."""

import json

HOSTILE = "</script><script>document.title = 'run'</script><img src=x onerror=alert(1)>\"'&"


def openapi(name, *verbs, grants=(), version="1", summary=""):
    """Verbs as `app.resource:verb`."""
    paths = {}
    for told in verbs:
        resource, _, verb = told.partition(":")
        paths.setdefault(f"/{resource.replace('.', '/', 1)}/", {})[verb] = {
            "responses": {"200": {"description": ""}},
            "summary": summary,
            "x-eaglet-grants": list(grants) or [told],
        }
    info = {"title": name, "version": version}
    return {"openapi": "3.1.0", "info": info, "paths": paths}


def asyncapi(name, takes=(), sends=(), subscribes=(), emits=()):
    channels, operations = {}, {}
    directions = ("receive", takes), ("send", sends), ("receive", subscribes), ("send", emits)
    for number, (action, queues) in enumerate(directions):
        for queue in queues:
            key = f"q{len(operations)}"
            bindings = {"bindings": {"amqp": {"is": "routingKey"}}} if number > 1 else {}
            channels[key] = {"address": queue, **bindings}
            channel = {"$ref": f"#/channels/{key}"}
            operations[key] = {"action": action, "channel": channel}
    info = {"title": name, "version": "1"}
    return {"asyncapi": "3.0.0", "info": info, "channels": channels, "operations": operations}


def calls(caller, service, *verbs):
    told = []
    for one in verbs:
        resource, _, verb = one.partition(":")
        told.append({"resource": resource, "verb": verb, "parameters": []})
    return {"eaglet-calls": "1", "caller": caller, "service": service, "calls": told}


def written(folder, *documents):
    files = []
    for number, document in enumerate(documents):
        files.append(folder / f"{number}.json")
        files[-1].write_text(json.dumps(document), encoding="utf-8")
    return files


def fifty(name=""):
    """Fifty services of six verbs, each calling the next two and sending to the one after it."""
    names = [f"service-{number}{name}" for number in range(50)]
    made = []
    for number, one in enumerate(names):
        verbs = [f"app{number}.r{i}:{verb}" for i in range(3) for verb in ("get", "post")]
        made.append(openapi(one, *verbs))
        next_one = (number + 1) % 50
        made.append(asyncapi(one, [f"tasks.{number}"], [f"tasks.{next_one}"]))
        for other in (next_one, (number + 2) % 50):
            made.append(calls(one, names[other], f"app{other}.r0:get", f"app{other}.r1:post"))
    return made

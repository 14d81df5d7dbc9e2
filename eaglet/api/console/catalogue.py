"""What the console tells of resources: what its templates show.

Docstrings are Markdown, as CommonMark has it, like the descriptions in the OpenAPI document.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from eaglet.api import registry
from eaglet.api.dispatch.plan import CompiledResource, compiled
from eaglet.api.introspection import (
    doc_of_method,
    doc_of_resource,
    passed_by_caller,
    path_of,
    split_doc,
)
from eaglet.api.shapes.checking import validator_of
from eaglet.api.shapes.example import example_of
from eaglet.encoding import to_json
from eaglet.envelope import success
from eaglet.observability.redaction import is_secret_name
from eaglet.params import Param


@cache
def _markdown() -> Any:
    # Few processes show the console.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    # HTML in it is shown as text, and links that run something are none. A picture would be fetched
    # from another host, which the page's policy refuses.
    return MarkdownIt("js-default").disable("image")


def list_resources() -> list[dict[str, Any]]:
    """List every resource, in order of app and name; `text` is what a search looks through."""
    return [
        {
            "app": resource.app,
            "name": resource.resource,
            "summary": _text(split_doc(doc_of_resource(resource))[0]),
            "verbs": _verbs(compiled(resource)),
            "text": " ".join(dict.fromkeys(" ".join(_texts(resource)).split())),
        }
        for resource in registry.registered()
    ]


def _texts(resource: type[registry.Resource]) -> Iterator[str]:
    declared = compiled(resource)
    yield doc_of_resource(resource)
    for verb in _verbs(declared):
        method = declared.methods[verb]
        yield doc_of_method(method)
        yield from method.grants
        for param in passed_by_caller(declared, method):
            yield f"{param.name} {param.spelled or param.type or ''}"
        for error in method.refusals:
            yield f"{error.code} {error.__name__} {error.meaning()}"


def describe(resource: type[registry.Resource]) -> dict[str, Any]:
    """Tell all of one resource: its path, documentation, and each verb with its parameters."""
    declared = compiled(resource)
    return {
        "app": resource.app,
        "name": resource.resource,
        "path": path_of(resource),
        "documentation": _html(doc_of_resource(resource)),
        "operations": [_operation(declared, verb) for verb in _verbs(declared)],
    }


def _verbs(declared: CompiledResource) -> list[str]:
    return [verb for verb in declared.methods if verb != "HEAD"]


def _operation(declared: CompiledResource, verb: str) -> dict[str, Any]:
    method = declared.methods[verb]
    summary, description = split_doc(doc_of_method(method))
    return {
        "verb": verb,
        "summary": _text(summary),
        "description": _html(description),
        **_answer(method.answer),
        "parameters": [_parameter(param) for param in passed_by_caller(declared, method)],
        "guarded": method.rule is not None,
        "grants": method.grants,
        "refusals": [
            {"code": error.code, "name": error.__name__, "meaning": error.meaning()}
            for error in method.refusals
        ],
    }


def _answer(shape: Any) -> dict[str, str]:
    if shape is Any:
        return {}
    schema = validator_of(shape).schema
    example, is_true = example_of(schema, schema["components"].get("schemas", {}))
    told = {"schema": to_json(schema).decode()}
    return {**told, "example": to_json(success(example)).decode()} if is_true else told


def _parameter(param: Param) -> dict[str, Any]:
    limits, is_list = (param.elements or param).limits, param.type == "list"
    type_ = param.elements.type if param.elements else param.type
    return {
        "name": param.name,
        "type": "file" if type_ == "file" else param.type or "",
        "spelled": param.spelled or param.type or "",
        "choices": limits.choices if limits and not is_list else (),
        "media_types": ",".join(limits.media_types) if limits else "",
        "several": is_list,
        "default": param.default,
        "required": param.required,
        "secret": is_secret_name(param.name),
        "long": param.type in ("json", "list"),
    }


def _html(doc: str) -> str:
    """Return the HTML of a docstring, safe whatever is in it; headings are bold paragraphs."""
    environment: dict[str, object] = {}
    markdown = _markdown()
    tokens = markdown.parse(doc, environment)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"  # the page has an outline of its own
            token.attrs = {"class": "heading"} if token.nesting > 0 else {}
        elif token.type == "table_open":
            token.attrSet("tabindex", "0")  # it may be scrolled
    html: str = markdown.renderer.render(tokens, markdown.options, environment)
    return html


def _text(line: str) -> str:
    """Return the text of one paragraph, without its marks."""
    return "".join(
        " " if token.type.endswith("break") else token.content
        for inline in _markdown().parseInline(line)
        for token in inline.children or ()
    )

"""Docstrings as Markdown: as CommonMark has it, like the descriptions in the OpenAPI document."""

from typing import Final

from markdown_it import MarkdownIt

# HTML in it is shown as text, and links that run something are none. A picture would be fetched
# from another host, which the page's policy refuses.
_MARKDOWN: Final = MarkdownIt("js-default").disable("image")


def as_html(doc: str) -> str:
    """Return the HTML of a docstring, safe whatever is in it; headings are bold paragraphs."""
    environment: dict[str, object] = {}
    tokens = _MARKDOWN.parse(doc, environment)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"  # the page has an outline of its own
            token.attrs = {"class": "heading"} if token.nesting > 0 else {}
        elif token.type == "table_open":
            token.attrSet("tabindex", "0")  # it may be scrolled
    html: str = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, environment)
    return html


def as_text(line: str) -> str:
    """Return the text of one paragraph, without its marks."""
    return "".join(
        " " if token.type.endswith("break") else token.content
        for inline in _MARKDOWN.parseInline(line)
        for token in inline.children or ()
    )

"""What learners wrote, as HTML that can be shown to others: for nbgrader's feedback pages and formgrader.

Named in nbgrader_config.py in the place of nbconvert's filters, of which one lets scripts in Markdown through,
and the other strips the style of our own reports.
"""

from __future__ import annotations

from typing import Any

import nh3
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters import markdown2html as rendered

_TAGS = {*nh3.ALLOWED_TAGS, "section"}
_STYLES = {
    *("background", "border", "border-collapse", "border-left", "border-radius", "border-spacing", "color", "display"),
    *("flex-wrap", "font-weight", "gap", "line-height", "list-style", "margin", "max-width", "padding", "text-align"),
    "white-space",
}
_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": {"class", "style", "title", "role"},
    "img": {"src", "alt", "width", "height"},
}


def clean_html(html: str) -> str:
    """Return HTML without scripts, forms, frames, handlers, or anything loaded from elsewhere."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        generic_attribute_prefixes={"aria-"},
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "data"},
    )


@pass_context
def markdown2html(context: Context, source: Any) -> str:
    """Return Markdown as safe HTML, the pictures that the cell carries in their places."""
    return clean_html(rendered(_with_pictures(str(source), context.get("cell"))))


def _with_pictures(source: str, cell: Any) -> str:
    for name, kinds in (getattr(cell, "attachments", None) or {}).items():
        for kind, data in kinds.items():
            source = source.replace(f"(attachment:{name})", f"(data:{kind};base64,{data})")
    return source


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Drop pictures that would be fetched, links that hold a whole page, and styles that fetch."""
    data = value.strip().lower().startswith("data:")
    if name == "src":
        return value if value.startswith(("data:image/png;", "data:image/jpeg;", "data:image/gif;")) else None
    if name in ("href", "cite"):
        return None if data else value
    return None if name == "style" and "url(" in value.lower() else value

"""The one place where prose becomes HTML, and the only file that calls bleach.

Markdown in, clean HTML out: no raw HTML, no picture, no script, no style, headings from h3 down, links to http, https
and mailto only. bleach cleans first because it is required; it is no longer maintained, so nh3 (maintained)
cleans after it and has the last word. Facts, titles and tables never come here: they are escaped, not cleaned.
"""

from __future__ import annotations

import bleach
import markdown
import nh3
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

from portal.core.errors import Mendable

LONGEST_PROSE = 20_000
"""Characters. bleach's time grows with the square of some inputs; this keeps the worst below a second."""

MOST_BRACKETS = 500
"""Markdown looks for the end of a link from every bracket: 20,000 of them took a minute, 500 take a tenth of a second."""

TAGS = frozenset(
    {"p", "br", "hr", "h3", "h4", "strong", "em", "del", "sup", "sub", "code", "pre", "blockquote"}
    | {"ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td"}
)
ATTRIBUTES = {"a": {"href", "title"}, "th": {"scope"}, "ol": {"start"}}
SCHEMES = frozenset({"http", "https", "mailto"})


class _Headings(Treeprocessor):
    """Headings of prose stand below the page's own: # and ## and ### become h3, the rest h4."""

    def run(self, root):  # type: ignore[no-untyped-def]
        for element in root.iter():
            if element.tag in {"h1", "h2", "h3"}:
                element.tag = "h3"
            elif element.tag in {"h4", "h5", "h6"}:
                element.tag = "h4"
            elif element.tag in {"th", "td"}:
                element.attrib.clear()
                if element.tag == "th":
                    element.set("scope", "col")


class _PlainMarkdown(Extension):
    """Markdown without raw HTML and without pictures: both are shown as the text they are."""

    def extendMarkdown(self, md):  # type: ignore[no-untyped-def]
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")
        for pattern in ("image_link", "image_reference", "short_image_ref"):
            md.inlinePatterns.deregister(pattern)
        md.treeprocessors.register(_Headings(md), "portal_headings", 0)


def prose_html(source: str) -> str:
    """Clean HTML of a Markdown text. The same text always gives the same bytes.

    Raises Mendable when the text is longer than LONGEST_PROSE, has more than MOST_BRACKETS opening brackets, or is
    nested too deeply.
    """
    if len(source) > LONGEST_PROSE:
        raise Mendable(f"正文过长：一段最多 {LONGEST_PROSE} 个字，请分成几段")
    if source.count("[") > MOST_BRACKETS:
        raise Mendable(f"正文里的方括号过多：一段最多 {MOST_BRACKETS} 个，请分成几段")
    converter = markdown.Markdown(extensions=[_PlainMarkdown(), "tables", "sane_lists"], output_format="html")
    try:
        return clean(converter.convert(source))
    except RecursionError:
        raise Mendable("正文里一层套一层的列表或引用太多，请减少层次") from None


def clean(html: str) -> str:
    """HTML with only TAGS, ATTRIBUTES and SCHEMES left: bleach, then nh3."""
    once = bleach.clean(html, tags=TAGS, attributes={tag: sorted(names) for tag, names in ATTRIBUTES.items()}, protocols=SCHEMES)
    return _second(once)


def is_clean(html: str) -> bool:
    """Whether nh3 finds nothing to take away. Quick (about 20 µs a page), for HTML that was cleaned earlier."""
    return _second(html) == html


def _second(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes=set(SCHEMES),
        link_rel="noopener noreferrer",
        url_relative="deny",
    )

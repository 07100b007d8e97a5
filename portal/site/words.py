"""The words of the site's frame in the page's language: gives a Jinja environment the catalogue. Knows no MkDocs."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from portal.core.catalogue import SOURCE, catalogue, tags


def page_tag(context: Context) -> str:
    """The language of the page being printed: ``lang`` in its front matter, else the source language."""
    page: Any = context.get("page")
    tag = str((getattr(page, "meta", None) or {}).get("lang", SOURCE))
    return tag if tag in tags() else SOURCE


@pass_context
def translate(context: Context, text: str, **values: object) -> str:
    """``_()`` of the theme: the sentence in the language of the page."""
    found = catalogue(page_tag(context)).one(text)
    return found % values if values else found


def install(env: Environment) -> None:
    """Call once the environment of the theme exists (MkDocs: on_env)."""
    env.globals.update({"_": translate, "gettext": translate})

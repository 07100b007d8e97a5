"""Chinese first, other languages beside it: gettext for Python and Jinja, and addresses that begin with the language (/en/…).

The catalogues themselves are read by portal/core/catalogue.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from flask import Flask, has_request_context, request
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from portal.core.catalogue import SOURCE, catalogue, is_right_to_left, own_name, tags

ENVIRON_KEY = "portal.language"


@dataclass(frozen=True)
class Language:
    """``tag`` for the lang attribute, ``name`` in its own words, ``url`` of the present page in it, and where lines begin."""

    tag: str
    name: str
    url: str
    right_to_left: bool = False


# A page asks a thousand times: kept beside the request, whose own answer takes three looks.
_TAG: ContextVar[str | None] = ContextVar("portal.language", default=None)


def current_tag() -> str:
    """The language of the present request; the source language outside one."""
    tag = _TAG.get()
    if tag is not None:
        return tag
    return str(request.environ.get(ENVIRON_KEY, SOURCE)) if has_request_context() else SOURCE


def gettext(text: str, **values: object) -> str:
    """The sentence in the reader's language; ``%(name)s`` slots are filled from ``values``, the first number of which it fits."""
    found = catalogue(current_tag()).fitting(text, values.values()) if values else catalogue(current_tag()).one(text)
    return found % values if values else found


def N_(text: str) -> str:
    """Marks a sentence for translation where it is only kept; whoever prints it translates (``say`` in templates)."""
    return text


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    return catalogue(current_tag()).many(singular, plural, number) % {"num": number, **values}


class LazyText:
    """A sentence translated only when printed: for labels written at import time, where no reader is known yet."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return gettext(self.text)

    def __html__(self) -> str:
        return str(escape(str(self)))

    def __mod__(self, values: object) -> str:
        return str(self) % values


class LanguagePrefix:
    """WSGI: moves a leading /en from the path to the mount point: routes stay as they are, url_for keeps the language."""

    def __init__(self, inner: Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]) -> None:
        self.inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        first, _slash, rest = environ.get("PATH_INFO", "").lstrip("/").partition("/")
        if first in tags() and first != SOURCE:
            environ[ENVIRON_KEY] = first
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{first}"
            environ["PATH_INFO"] = f"/{rest}"
        kept = _TAG.set(environ.get(ENVIRON_KEY, SOURCE))
        try:
            return self.inner(environ, start_response)
        finally:
            _TAG.reset(kept)


def languages_of_page() -> tuple[Language, ...]:
    """The present page in every language, the present one first.

    The answer to a post offers no other: following the link would lose what only that answer shows, a receipt for one.
    """
    here = current_tag()
    root = request.script_root.removesuffix(f"/{here}")
    offered = (here, *(tag for tag in tags() if tag != here)) if request.method in {"GET", "HEAD"} else (here,)
    return tuple(_in(tag, f"{root}{'' if tag == SOURCE else '/' + tag}{request.path}") for tag in offered)


def _in(tag: str, url: str) -> Language:
    return Language(tag, own_name(tag), url, is_right_to_left(tag))


def register_language(app: Flask) -> None:
    """Gives the app /en/ addresses, and templates ``_``, ``ngettext``, ``trans``, ``language`` and ``languages``."""
    app.wsgi_app = LanguagePrefix(app.wsgi_app)  # type: ignore[method-assign]
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: catalogue(current_tag()).one(text),
        ngettext=lambda one, many, number: catalogue(current_tag()).many(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals["gettext"] = _in_template
    app.jinja_env.filters["say"] = lambda text: gettext(str(text))
    app.context_processor(language_context)


@pass_context
def _in_template(context: Context, text: str, **values: object) -> str:
    """Jinja's own gettext, told the values too: a number among them chooses the form of the sentence."""
    found = catalogue(current_tag()).fitting(text, values.values()) if values else catalogue(current_tag()).one(text)
    return (Markup(found) if context.eval_ctx.autoescape else found) % values


def language_context() -> dict[str, object]:
    every = languages_of_page()
    return {"language": every[0], "languages": every}

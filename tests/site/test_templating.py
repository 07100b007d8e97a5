"""Templates made the quick way say what Jinja's own way says; what is kept compiled is only a short cut."""

import subprocess
import sys
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError
from markupsafe import Markup

from portal.core.public_record import PublicRecord
from portal.site import pages, templating
from portal.site.pages import Stamp
from portal.site.templating import fill, make_environment
from tests.site.records import one_of_each

STAMP = Stamp(10_481, "3f9a" + "0" * 56 + "c21e")
ODD = "100% {{ x }} <b>'\"& %s"


def as_jinja_does() -> Environment:
    plain = Environment(
        loader=FileSystemLoader(pages.TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    plain.filters.update(pages.environment().filters)
    plain.globals.update({name: pages.environment().globals[name] for name in ("_", "kinds", "words")})
    plain.globals["figure"] = plain.get_template("figure.html").module
    return plain


@pytest.mark.parametrize("made", one_of_each(), ids=lambda made: made.kind)
def test_a_page_is_what_jinja_would_make_of_the_template(made: PublicRecord) -> None:
    values = {"r": made, "stamp": STAMP, "base": pages.base_of(made.path), "kind": "公告"}

    quick = fill(pages.environment().get_template("record.html"), values)

    assert quick == as_jinja_does().get_template("record.html").render(values)


@pytest.mark.parametrize("text", [ODD + "{{ value }}" + ODD.replace("{{ x }}", ""), "%d %% {{ value }}", "{{ value }}{{ value }}"])
@pytest.mark.parametrize("value", [ODD, Markup("<i>%s</i>"), 7, None, 3.5, b"%s"])
def test_per_cents_marks_and_odd_values_come_out_as_jinja_prints_them(text: str, value: object) -> None:
    text = text.replace("{{ x }}", "x")

    made = fill(pages.environment().from_string(text), {"value": value})

    assert made == as_jinja_does().from_string(text).render(value=value)


def test_a_name_that_nobody_gave_is_an_error_and_not_a_blank() -> None:
    with pytest.raises(UndefinedError):
        fill(pages.environment().from_string("{{ nobody }}"), {})
    with pytest.raises(AttributeError):
        fill(pages.environment().from_string("{{ r.nobody }}"), {"r": STAMP})


def test_compiled_templates_are_kept_and_a_changed_template_is_not_read_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    page = tmp_path / "page.html"
    page.write_text("<p>{{ x }}</p>")
    fill(make_environment((tmp_path,)).get_template("page.html"), {"x": "<"})
    kept = list((tmp_path / "__pycache__").iterdir())
    assert len(kept) == 1

    monkeypatch.setattr(templating._QuickGenerator, "visit_Output", None)
    assert fill(make_environment((tmp_path,)).get_template("page.html"), {"x": "<"}) == "<p>&lt;</p>"
    monkeypatch.undo()
    page.write_text("<b>{{ x }}</b>")
    assert fill(make_environment((tmp_path,)).get_template("page.html"), {"x": "<"}) == "<b>&lt;</b>"


def test_where_nothing_can_be_written_templates_are_compiled_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "page.html").write_text("{{ x }}")
    (tmp_path / "__pycache__").write_text("a file where the folder should be")

    assert fill(make_environment((tmp_path,)).get_template("page.html"), {"x": 1}) == "1"


def test_the_press_starts_without_the_database_and_without_a_web_client() -> None:
    script = (
        "import sys, moderation.press.commands\nprint([name for name in ('sqlalchemy', 'flask', 'mkdocs', 'bleach', 'http.client')"
    )
    script += " if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"

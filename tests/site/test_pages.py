"""Pages of records: complete, escaped, the same for ever, and what a real page of the site builder would be."""

import re
from dataclasses import fields, replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.press.paths import PressPaths
from moderation.press.releases import build_site
from portal.core.public_record import BadRecord, Figure, Part, Progress, PublicRecord, Status
from portal.site import pages
from portal.site.catalogue import Catalogue, row_of
from portal.site.pages import Stamp
from portal.site.shells import ShellSet
from tests.moderation.press.conftest import hand_written as hand_written  # noqa: PLC0414
from tests.moderation.press.conftest import write_docs
from tests.site.records import at, one_of_each, record, rectification, salt_of

STAMP = Stamp(10_481, "3f9a" + "0" * 56 + "c21e")
MARK = "\"><img src=x onerror=alert(1)>'&"


class Reader(HTMLParser):
    """What a reader sees, and what a validator would look at."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"img", "br", "meta", "link", "input", "hr"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.words += data.split()


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def words_of(value: Any) -> list[str]:
    """Every piece of text in a record that its page must show."""
    if isinstance(value, Part):
        hidden = {"id", "kind", "salt", "state", "tone", "anchor", "file", "html", "phase", "subject", "code", "width", "height"}
        shown = [each.name for each in fields(value) if each.name not in hidden]  # type: ignore[arg-type]
        return [word for name in shown for word in words_of(getattr(value, name))]
    if isinstance(value, tuple):
        return [word for each in value for word in words_of(each)]
    return [value] if isinstance(value, str) and value else []


@pytest.mark.parametrize("made", one_of_each(), ids=lambda made: made.kind)
def test_a_page_says_everything_the_record_says(made: PublicRecord) -> None:
    page = read(pages.record_page(made, STAMP).main)

    seen = "".join(page.words) + "".join(str(value) for _, attrs in page.tags for value in attrs.values())
    for word in words_of(made):
        for line in re.sub(r"[*#>]|\d+\. ", "", word).split():
            assert line in seen, word


@pytest.mark.parametrize(
    ("kept", "printed"),
    [("160000", "160,000"), ("12345678.5", "12,345,678.5"), ("-20000", "-20,000"), ("2026", "2026"), ("0.123456", "0.123456")],
)
def test_large_numbers_are_printed_in_groups_of_three_and_years_are_not(kept: str, printed: str) -> None:
    record = replace(one_of_each()[0], figures=(Figure("罚款", kept, "元"),), progress=(Progress("敷设管网", kept, kept, "米"),))

    page = pages.record_page(record, STAMP).main

    assert f"<b>{printed}<small> 元</small></b>罚款" in page
    assert f"已完成 <b>{printed}</b> 米，共 {printed} 米" in page


@pytest.mark.parametrize("made", one_of_each(), ids=lambda made: made.kind)
def test_a_page_is_well_formed(made: PublicRecord) -> None:
    page = read(pages.record_page(made, STAMP).main)

    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert [tag for tag, _ in page.tags].count("h1") == 1
    assert len(ids) == len(set(ids))
    assert not [
        attrs
        for tag, attrs in page.tags
        if tag in {"script", "style"} or "style" in attrs or any(name.startswith("on") for name in attrs)
    ]
    assert all(attrs.get("alt") for tag, attrs in page.tags if tag == "img")
    assert all(not str(attrs.get("src") or "").startswith(("http", "//")) for _, attrs in page.tags)


def spoiled(part: Any) -> Any:
    """The same record with a hostile text in front of every text that takes one."""
    for each in fields(part):
        value = getattr(part, each.name)
        for text in tried(value):
            try:
                part = replace(part, **{each.name: text})
            except BadRecord:
                continue
            break
    return part


def tried(value: Any) -> list[Any]:
    if isinstance(value, Part):
        return [spoiled(value)]
    if isinstance(value, tuple):
        return [tuple(spoiled(item) if isinstance(item, Part) else tried(item)[0] for item in value)]
    return [MARK + value, MARK] if isinstance(value, str) and value else [value]


@pytest.mark.parametrize("made", one_of_each(), ids=lambda made: made.kind)
def test_hostile_words_stay_words_on_every_page(made: PublicRecord) -> None:
    bad = spoiled(made)
    catalogue = Catalogue()
    catalogue.put(row_of(bad, first_index=0, index=0, commitment=bad.commitment()))
    key = (bad.kind, "2026", "unit", bad.unit)
    for fragment in (
        pages.record_page(bad, STAMP),
        pages.home_page(catalogue),
        pages.section_page(catalogue, bad.kind),
        pages.year_page(catalogue, bad.kind, "2026"),
        pages.list_page(catalogue, key, 1),
    ):
        page = read(fragment.main)
        assert not [
            attrs for tag, attrs in page.tags if tag in {"img", "b", "script"} and ("onerror" in attrs or attrs.get("src") == "x")
        ]


@given(st.text(max_size=200))
def test_escaping_in_templates_is_that_of_markupsafe(text: str) -> None:
    from markupsafe import escape

    assert pages.environment().from_string("{{ x }}").render(x=text) == str(escape(text))


def test_the_quick_meter_is_the_meter_of_the_common_look() -> None:
    for done, total in (("4", "6"), ("6", "6"), ("0", "5"), ("3.1", "4.2"), ("9", "4")):
        step = Progress("封堵", done, total, "处")
        shown, left = pages.meter_parts(step)
        parts = [("done", shown, "", None), ("none", left, "", None)]
        label = f"封堵：{total}处中已完成{done}处"
        template = pages.environment().from_string("{{ figure.meter(parts, label) }}")
        assert template.render(parts=parts, label=label).strip() == str(pages.progress_meter(step))


def test_a_page_does_not_depend_on_the_day() -> None:
    assert "还有" not in pages.record_page(rectification(), STAMP).main
    assert pages.record_page(rectification(), STAMP) == pages.record_page(rectification(), STAMP)


def test_a_withdrawn_page_says_when_and_why_and_leads_on() -> None:
    gone = rectification().withdrawn(reason="处罚决定已撤销", at=at(date(2026, 11, 20)), salt=salt_of("x", 2))

    fragment = pages.record_page(gone, STAMP)

    assert "处罚决定已撤销" in fragment.main
    assert "2026年11月20日" in fragment.main
    assert "直排口" not in fragment.main + fragment.title + fragment.description


def test_the_home_page_of_an_empty_site_promises_nothing() -> None:
    fragment = pages.home_page(Catalogue())

    assert "项已销号" not in fragment.main
    assert read(fragment.main)


def test_the_headline_counts_the_tasks_and_those_closed_out() -> None:
    catalogue = Catalogue()
    for number, word in enumerate(["已销号", "达到序时进度", "逾期", "已销号", "滞后"]):
        made = record(f"t-{number}", status=Status(word, "bad" if word == "逾期" else "ok"))
        catalogue.put(row_of(made, first_index=number, index=number, commitment=made.commitment()))

    headline = re.search(r"<h1>(.*?)</h1>", pages.home_page(catalogue).main, re.DOTALL)

    assert headline
    assert read(headline.group(1)).words == ["5", "项整改任务", "，", "2", "项已销号"]


def _catalogue(*made: PublicRecord) -> Catalogue:
    catalogue = Catalogue()
    for number, each in enumerate(made):
        catalogue.put(row_of(each, first_index=number, index=number, commitment=each.commitment()))
    return catalogue


def test_the_home_page_says_what_was_exposed_this_month_who_was_held_to_account_and_from_when_the_numbers_are() -> None:
    november, october = date(2026, 11, 20), date(2026, 10, 9)
    catalogue = _catalogue(
        record("e-1", "exposure", day=october),
        record("e-2", "exposure", day=november),
        record("e-3", "exposure", day=november),
        record("a-1", "accountability", day=november),
    )

    home = pages.home_page(catalogue).main

    answers = re.findall(r'<li><a href="([^"]+)"><b>(\d+)<small> 件</small></b>(.*?)</a></li>', home)
    assert answers == [
        ("./lists/exposure/2026/month-2026-11/1/", "2", "11月曝光"),
        ("./lists/accountability/2026/month-2026-11/1/", "1", "11月公开问责"),
        ("./records/letter-batch/", "0", "群众来信已办结"),
    ]
    assert '数字截至 <time datetime="2026-11-20">' in home


def test_a_record_in_its_shell_reads_like_a_real_page_of_the_site_builder(hand_written: Path, tmp_path: Path) -> None:
    """The same content as a hand-written page at the record's own address, made by MkDocs and Material."""
    made = one_of_each()[5]
    config = write_docs(tmp_path)
    place = tmp_path / "docs" / "records" / "notice" / f"{made.id}.md"
    place.parent.mkdir(parents=True)
    fragment = pages.record_page(made, STAMP)
    one_line = re.sub(r"\n\s*", " ", fragment.main)
    place.write_text(f"---\nlayout: record\ntitle: {fragment.title}\n---\n\n{one_line}\n", encoding="utf-8")
    paths = PressPaths(tmp_path / "data", durable=False)
    paths.make()
    build_site(paths, tmp_path / "site", config)

    real = read((tmp_path / "site" / "records" / "notice" / made.id / "index.html").read_text(encoding="utf-8"))
    ours = read(ShellSet(hand_written)["record-notice"].fill(fragment, made.path).decode())

    assert ours.words == real.words
    assert [tag for tag, _ in ours.tags] == [tag for tag, _ in real.tags]


@pytest.mark.parametrize("made", one_of_each(), ids=lambda made: made.kind)
def test_a_record_leads_to_the_plain_words_for_its_official_terms(made: PublicRecord) -> None:
    link = re.search(r'href="\.\./\.\./\.\./terms/(#([\w-]+))?"', pages.record_page(made, STAMP).main)
    terms = (Path(__file__).parents[2] / "site_docs" / "terms.md").read_text(encoding="utf-8")

    assert link
    if link.group(2):
        assert f"{{#{link.group(2)}}}" in terms

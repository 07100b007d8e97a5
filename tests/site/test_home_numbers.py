"""Each number a citizen sees leads to a list of exactly that many, without script."""

import posixpath
import re
from dataclasses import replace
from datetime import date
from html import unescape

from portal.core.public_record import Status
from portal.site.catalogue import Catalogue, row_of
from portal.site.outputs import Sources, produce
from portal.site.shells import Shell
from tests.site.records import at, letter_batch, record, salt_of


class Site:
    """Every page but the records, in plain shells, to be read as a reader without script follows links."""

    class Plain(dict[str, Shell]):
        def __missing__(self, name: str) -> Shell:
            return Shell("[[press:title]]|[[press:main]]")

    def __init__(self, catalogue: Catalogue) -> None:
        sources = Sources(catalogue, self.Plain(), lambda kind, record_id: b"")
        made = (produce(output, sources) for output in catalogue.outputs())
        self.pages = {path: data.decode() for files in made for path, data in files.items() if data is not None}

    def follow(self, page: str, link: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(page), unescape(link), "index.html"))

    def rows(self, page: str) -> list[str]:
        """Titles on a list and on all older pages of it, withdrawn ones left out."""
        text = self.pages[page]
        found = re.findall(r'<li><a href="[^"]+">([^<]+)</a><div class="meta">', text)
        older = re.search(r'<a href="([^"]+)" rel="prev">', text)
        return [title for title in found if title != "已撤回"] + (self.rows(self.follow(page, older[1])) if older else [])

    def letters(self, page: str, state: str) -> int:
        return sum(map(int, re.findall(rf" · {state} (\d+) 件", self.pages[page])))


def _two_years() -> Catalogue:
    """More tasks than a page holds, in two years and several states; exposures, batches, and withdrawn ones of each."""
    words = [("逾期", "bad"), ("已销号", "ok"), ("已完成", "ok"), ("达到序时进度", "ok"), ("", "")]
    made = [
        record(f"t-{number}", status=Status(*words[number % 5]) if number % 5 < 4 else None, day=date(2025 + number % 2, 11, 3))
        for number in range(130)
    ]
    made += [record(f"e-{number}", "exposure", day=date(2026, 10 + number % 2, 20)) for number in range(107)]
    made += [replace(letter_batch(), id=f"letters-{number}", salt=salt_of(f"letters-{number}", 1)) for number in range(3)]
    made.append(record("a-1", "accountability", day=date(2026, 11, 20)))
    catalogue = Catalogue()
    for number, each in enumerate(made):
        catalogue.put(row_of(each, first_index=number, index=number, commitment=each.commitment()))
    for number, each in enumerate(made):
        if number % 9 == 4:
            gone = each.withdrawn(reason="撤回", at=at(date(2026, 11, 21)), salt=salt_of(each.id, 2))
            catalogue.put(row_of(gone, first_index=number, index=len(made) + number, commitment=gone.commitment()))
    return catalogue


def test_each_number_on_the_home_page_leads_to_a_list_of_exactly_that_many() -> None:
    site = Site(_two_years())
    home = site.pages["index.html"]
    assert "search/?" not in home, "no number needs a script"

    headline = re.findall(r'<a href="([^"]+)">(\d+) 项', home)
    legend = re.findall(r'<a href="([^"]+)"><i class="\w+"></i><b>(\d+)</b>', home)
    answers = re.findall(r'<a href="([^"]+)"><b>(\d+)<small> 件</small></b>\d+月', home)
    assert [len(headline), len(legend), len(answers)] == [2, 5, 2]
    for link, number in (*headline, *legend, *answers):
        assert len(site.rows(site.follow("index.html", link))) == int(number) > 0, link
    assert sum(int(number) for _, number in legend) == int(headline[0][1])


def test_each_month_of_the_drawing_leads_to_what_was_published_in_it() -> None:
    catalogue = _two_years()
    site = Site(catalogue)

    months = re.findall(r'<td class="n"><a href="([^"]+)">(\d+)</a>', site.pages["index.html"])

    assert sum(int(number) for _, number in months) == sum(not row.withdrawn for row in catalogue.rows.values())
    for link, number in months:
        page = site.follow("index.html", link)
        groups = re.findall(r'<h2><a href="([^"]+)">[^<]+</a> <span class="num">(\d+)</span>', site.pages[page])
        assert sum(int(each) for _, each in groups) == int(number)
        for list_link, each in groups:
            assert len(site.rows(site.follow(page, list_link))) == int(each), list_link


def test_the_number_of_settled_letters_leads_to_the_batches_they_stand_in() -> None:
    site = Site(_two_years())

    link, settled = re.findall(r'<a href="([^"]+)"><b>(\d+)<small> 件</small></b>群众来信已办结', site.pages["index.html"])[0]
    page = site.follow("index.html", link)

    assert site.letters(page, "已办结") == int(settled) == 2, "the third batch is withdrawn"
    assert f"其中来信已办结 {settled} 件" in site.pages[page]


def test_how_many_stand_in_a_list_is_said_without_those_withdrawn() -> None:
    site = Site(_two_years())

    for page, text in site.pages.items():
        stated = re.search(r'<p class="figure-line">共 <b>(\d+)</b> ', text)
        if 'aria-label="翻页"' in text and stated:
            assert 'rel="next"' not in text
            assert len(site.rows(page)) == int(stated[1]), page
    page = "lists/rectification/2026/index.html"
    for link, number in re.findall(r'<li><a href="([^"]+)">[^<]+ <span class="num">(\d+)</span>', site.pages[page]):
        assert len(site.rows(site.follow(page, link))) == int(number), link


def test_hostile_words_stay_words_in_lists() -> None:
    mark = "<img src=x>\"'&"
    catalogue = Catalogue()
    made = record("t-1", title=mark, unit=mark, status=Status(mark, "ok"), due_words=mark)
    catalogue.put(row_of(made, first_index=0, index=0, commitment=made.commitment()))

    for page, text in Site(catalogue).pages.items():
        assert "<img" not in text, page
    assert Site(catalogue).pages["lists/rectification/2026/1/index.html"].count("&lt;img src=x&gt;&#34;&#39;&amp;") == 4

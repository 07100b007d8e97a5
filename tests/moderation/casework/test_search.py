"""Search finds words of two characters and more in working summaries, newest first, on both engines, and only for who may know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.casework import letter_lists, screening, search
from moderation.casework.letter_lists import Filter
from moderation.casework.letters import Letter, LetterText
from moderation.casework.machine import LetterState
from moderation.demo.stage import Stage
from moderation.office import Office
from moderation.staff import SignedIn, Unit
from portal.core.ids import new_id
from portal.core.vocabulary import Channel, IdentityLevel, Role
from tests.moderation.casework.office_work import WORKING, Work


@pytest.fixture
def work(stage: Stage) -> Iterator[Work]:
    with stage.office.office.transaction() as session:
        yield Work(stage, session)


def found(work: Work, words: str, login: str = "zuzhang") -> list[Letter]:
    page = letter_lists.letters_in(work.session, Filter(text=words), work.who(login))
    return [row.letter for row in page.rows]


def test_two_characters_are_enough_and_the_newest_comes_first(work: Work) -> None:
    first = work.accepted()
    second = work.accepted(replace(WORKING, summary="反映河道漂浮垃圾，夜间有异味。"))

    assert found(work, "夜间") == [second, first]
    assert found(work, "漂浮垃圾") == [second]
    assert found(work, "垃圾 夜间") == [second]
    assert found(work, "垃圾道") == []
    assert found(work, "夜") == []


def test_a_mark_between_words_keeps_them_apart(work: Work) -> None:
    letter = work.accepted(replace(WORKING, summary="噪声，扬尘。"))

    assert found(work, "声扬") == []
    assert found(work, "噪声扬尘") == []
    assert found(work, "噪声 扬尘") == [letter]


def test_a_changed_summary_is_found_by_its_new_words_only(work: Work) -> None:
    letter = work.screened()
    screening.write_summary(
        work.session, letter, replace(WORKING, summary="反映养殖场粪污外排。"), key=work.key, by=work.who("shenhe"), at=work.at
    )
    work.session.flush()

    assert found(work, "粪污", "shenhe") == [letter]
    assert found(work, "遮盖", "shenhe") == []


def test_a_number_or_its_beginning_finds_the_letter(work: Work) -> None:
    letter, other = work.accepted(), work.accepted()
    assert letter.number is not None

    assert found(work, letter.number) == [letter]
    assert set(found(work, letter.number[:10])) == {letter, other}


def test_search_shows_nobody_what_they_must_not_know(work: Work) -> None:
    letter = work.accepted(must_not_know=("周行简",))

    assert found(work, "扬尘", "zuyuan") == [letter]
    assert found(work, "扬尘", "zuzhang") == []
    assert found(work, "扬尘", "chengguan") == []


def test_words_of_the_reporter_are_not_searched(work: Work) -> None:
    work.arrived()

    assert found(work, "咳嗽", "shenhe") == []


READER = SignedIn("reader", "读者", frozenset({Role.LEADER}), "u", "单位")


def rows(office: Office, summaries: list[str]) -> None:
    with office.office.transaction() as session:
        if session.get(Unit, "u") is None:
            session.add(Unit(id="u", name="单位", kind="office"))
        for summary in summaries:
            letter = Letter(id=new_id(), state=LetterState.ACCEPTED, channel=Channel.WEB, identity_level=IdentityLevel.ANONYMOUS,
                            received_on=datetime(2026, 11, 20, tzinfo=UTC).date())  # fmt: skip
            session.add(letter)
            session.flush()
            session.add(LetterText(letter_id=letter.id, summary=summary))


@pytest.mark.postgres
def test_postgresql_finds_the_same(postgres_office: Office) -> None:
    rows(postgres_office, ["夜间装卸扬尘", "河道垃圾，夜间异味", "夜里施工间断"])
    with postgres_office.office.reading() as session:

        def summaries(words: str) -> list[str]:
            page = letter_lists.letters_in(session, Filter(text=words), READER)
            return [row.summary for row in page.rows]

        assert summaries("夜间") == ["河道垃圾，夜间异味", "夜间装卸扬尘"]
        assert summaries("夜间装卸") == ["夜间装卸扬尘"]
        assert summaries("夜间异味 河道") == ["河道垃圾，夜间异味"]
        assert summaries("道垃 夜里") == []
        assert summaries("'& |!") == []


_TEXT = st.text(st.sampled_from("夜间扬尘河ab1，。 "), max_size=12)


@given(_TEXT, st.text(st.sampled_from("夜间扬尘河ab1"), min_size=2, max_size=4))
def test_the_shadow_holds_a_word_exactly_where_the_text_does(text: str, word: str) -> None:
    shadow, wanted = f" {search.grams_of(text)} ", f" {search.grams_of(word)} "

    assert (wanted in shadow) == any(word in run for run in text.replace("，", " ").replace("。", " ").split())

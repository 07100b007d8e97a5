"""The kept catalogue comes back as it was, and what is not whole or of another version is made anew."""

import json
from typing import Any

import pytest

from portal.site.catalogue import Catalogue, Row, row_of
from portal.site.outputs import Sources, produce
from portal.site.shells import Shell
from tests.site.records import at, one_of_each, record, salt_of

PARTS = ("size", "rows", "lists", "recent", "states", "months", "letters", "gone")


def whole() -> Catalogue:
    made = Catalogue()
    records = [*one_of_each(), *(record(f"notice-{number}", "notice") for number in range(120))]
    for index, each in enumerate(records):
        made.put(row_of(each, first_index=index, index=index, commitment=each.commitment()))
    gone = records[2].withdrawn(reason="撤回", at=at(records[2].published_on), salt=salt_of("x", 2))
    made.put(row_of(gone, first_index=2, index=len(records), commitment=gone.commitment()))
    return made


def lines() -> list[Any]:
    return [json.loads(json.dumps(line)) for line in whole().to_lines()]


@pytest.mark.parametrize("part", PARTS)
def test_a_kept_catalogue_comes_back_as_it_was(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.site.catalogue_rows._CHUNK", 50)

    assert getattr(Catalogue.from_lines(iter(lines())), part) == getattr(whole(), part)


def test_words_that_repeat_are_held_once() -> None:
    again = Catalogue.from_lines(iter(lines()))

    assert len({id(row.unit) for row in again.rows.values()}) == len({row.unit for row in again.rows.values()})


@pytest.mark.parametrize("spoil", ["fewer", "other fields", "no words", "empty"])
def test_what_is_not_whole_or_of_another_version_is_refused(spoil: str) -> None:
    kept = lines()
    if spoil == "fewer":
        kept[2] = [column[:-1] for column in kept[2]]
    elif spoil == "other fields":
        kept[1]["fields"] = ["id"]
    elif spoil == "no words":
        del kept[1]["words"]
    else:
        kept = []

    with pytest.raises(ValueError, match="catalogue"):
        Catalogue.from_lines(iter(kept))


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("notice-7", {"title": "改过", "unit": "别的单位"}),
    ("notice-7", {"withdrawn": True}),
    ("notice-7", {"status_word": "已办结", "status_tone": "ok"}),
    ("letters-2026-09", {"letters": (2, 1, 0)}),
]


@pytest.mark.parametrize(("changed_id", "change"), CHANGES)
def test_depends_and_the_lists_name_every_page_that_reads_differently(changed_id: str, change: dict[str, Any]) -> None:
    made = whole()
    old = made.rows[changed_id]
    before = {output: page_of(made, output) for output in made.outputs()}

    touched = made.put(Row._make({**old._asdict(), "revision": 2, "index": 500, **change}.values()))

    after = {output: page_of(made, output) for output in made.outputs()}
    changed = {output for output in before.keys() | after.keys() if before.get(output) != after.get(output)}
    assert changed
    assert changed <= touched


class Plain(dict[str, Shell]):
    def __missing__(self, name: str) -> Shell:
        return Shell("[[press:title]]|[[press:main]]")


def page_of(catalogue: Catalogue, output: tuple[str, ...]) -> object:
    return produce(output, Sources(catalogue, Plain(), lambda kind, record_id: b""))

"""The public record: one shape, one sequence of bytes, and a clear word in Chinese for whatever does not fit."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.public_record import (
    DATA_DICTIONARY,
    LABELS,
    BadRecord,
    Bar,
    Block,
    Fact,
    PublicRecord,
    Section,
    canonical_json,
    commitment,
    new_salt,
)
from tests.site.records import at, one_of_each, record, rectification

text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")), min_size=1, max_size=40)


@pytest.mark.parametrize("made", one_of_each(), ids=lambda made: made.kind)
def test_canonical_bytes_read_back_as_the_same_record(made: PublicRecord) -> None:
    data = made.canonical()

    assert PublicRecord.from_json(data) == made
    assert PublicRecord.from_logged(data) == made
    assert data == canonical_json(json.loads(data))
    assert data.endswith(b"}\n")


@given(title=text.filter(str.strip), label=text, value=text)
def test_any_words_come_back_as_they_went_in(title: str, label: str, value: str) -> None:
    made = record(title=title, facts=(Fact(label[:20], value),))

    assert PublicRecord.from_json(made.canonical()) == made


def test_a_field_that_is_empty_is_not_in_the_bytes() -> None:
    """So that a field added next year changes no commitment of this year."""
    assert set(json.loads(record().canonical())) == {
        *("id", "kind", "revision", "title", "region", "unit"),
        *("first_published_on", "published_on", "updated_at", "salt"),
    }


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda plain: plain | {"colour": "red"}, "不认识的字段"),
        (lambda plain: plain | {"revision": 1.0}, "小数"),
        (lambda plain: plain | {"revision": True}, "版本"),
        (lambda plain: plain | {"revision": 0}, "版本"),
        (lambda plain: plain | {"kind": "gossip"}, "类别"),
        (lambda plain: plain | {"id": "../../etc"}, "编号"),
        (lambda plain: plain | {"id": "2026"}, "编号"),
        (lambda plain: plain | {"title": " "}, "标题"),
        (lambda plain: plain | {"title": "两\n行"}, "标题"),
        (lambda plain: plain | {"title": "反\u202e向"}, "控制字符"),
        (lambda plain: plain | {"title": "长" * 121}, "标题"),
        (lambda plain: plain | {"published_on": "2026-4-15"}, "公开日期"),
        (lambda plain: plain | {"published_on": "2020-01-01"}, "早于首次公开"),
        (lambda plain: plain | {"updated_at": "2026-04-15T09:00:00"}, "时区"),
        (lambda plain: plain | {"salt": "short"}, "盐值"),
        (lambda plain: {key: value for key, value in plain.items() if key != "unit"}, "责任单位"),
        (lambda plain: plain | {"region": {"code": "41", "name": "云岭县"}}, "区划代码"),
        (lambda plain: plain | {"facts": [{"label": "a", "value": "b", "c": "d"}]}, "不认识的字段"),
        (lambda plain: plain | {"summary": ""}, "规范格式"),
    ],
)
def test_bad_json_is_refused_in_words_that_name_the_field(spoil: Callable[[dict[str, Any]], dict[str, Any]], said: str) -> None:
    plain = spoil(record().to_plain())

    with pytest.raises(BadRecord, match=said):
        PublicRecord.from_json(json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n")


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b"{", b"\xff", b'{"id":"a","id":"b"}', b'{"id":NaN}', b"[" * 100_000, b" " * 5_000_000],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(BadRecord):
        PublicRecord.from_json(data)


def test_other_spellings_of_the_same_record_are_refused() -> None:
    data = record().canonical()

    for other in (data[:-1], b" " + data, data.replace(b'","', b'", "', 1), json.dumps(json.loads(data)).encode() + b"\n"):
        with pytest.raises(BadRecord, match="规范格式"):
            PublicRecord.from_json(other)


def test_a_block_is_one_thing() -> None:
    with pytest.raises(BadRecord, match="只能有一种"):
        Block(prose="文", bars=(Bar("a", "1"),))
    with pytest.raises(BadRecord, match="替代文字"):
        Block(file=f"{'0' * 64}.jpg")
    with pytest.raises(BadRecord, match="格数"):
        Block(header=("a", "b"), rows=(("1",),))


def test_prose_is_clean_when_the_block_is_made_and_cannot_be_made_unclean() -> None:
    made = Block(prose="**要点** <script>alert(1)</script>")

    assert made.html == "<p><strong>要点</strong> &lt;script&gt;alert(1)&lt;/script&gt;</p>"
    with pytest.raises(BadRecord, match="未经清洗"):
        Block(prose="要点", html="<p onclick=steal()>要点</p>")
    with pytest.raises(BadRecord, match="未经清洗"):
        Block(html="<p>没有原文</p>")


def test_anchors_are_unique_in_a_record() -> None:
    with pytest.raises(BadRecord, match="锚点重复"):
        record(sections=(Section("a", "一"), Section("a", "二")))


def test_a_withdrawn_record_keeps_no_word_and_no_salt_of_before() -> None:
    made = rectification()

    gone = made.withdrawn(reason="处罚决定已撤销", at=at(date(2026, 11, 20)), salt=new_salt())

    assert gone.path == made.path
    assert gone.revision == made.revision + 1
    assert made.salt.encode() not in gone.canonical()
    kept = {made.id, made.kind, made.unit, made.region.code, made.region.name}
    words = {each.name for each in fields(PublicRecord) if getattr(gone, each.name) == getattr(made, each.name)}
    assert kept <= set(gone.canonical().decode().split('"'))
    assert not words & {"title", "summary", "facts", "sections", "timeline", "progress", "related", "card", "source"}
    with pytest.raises(BadRecord, match="不能再带标题"):
        replace(gone, title="又回来了")
    with pytest.raises(BadRecord, match="撤回原因"):
        replace(gone, withdrawal_reason="")


def test_a_revision_keeps_the_list_of_versions() -> None:
    made = rectification()
    second = made.revised(reason="补充日期", at=at(date(2026, 5, 1)), salt=new_salt())
    third = second.revised(reason="改正单位", at=at(date(2026, 6, 1)), salt=new_salt(), unit="县水利局")

    assert [(version.revision, version.reason) for version in third.history] == [(1, ""), (2, "补充日期")]
    assert third.change_reason == "改正单位"


def test_the_commitment_is_the_digest_of_the_bytes_and_hangs_on_the_salt() -> None:
    made = record()

    assert made.commitment() == commitment(made.canonical())
    assert replace(made, salt=new_salt()).commitment() != made.commitment()
    assert new_salt() != new_salt()


def test_every_field_of_every_part_is_in_the_data_dictionary() -> None:
    rows = {(row.part, row.name) for row in DATA_DICTIONARY}

    assert rows == {(kind.__name__, each.name) for kind in LABELS for each in fields(kind)}
    assert all(row.label and row.meaning for row in DATA_DICTIONARY)


def test_moments_keep_their_zone() -> None:
    assert PublicRecord.from_json(record().canonical()).updated_at == datetime.fromisoformat("2026-04-15T09:00:00+08:00")

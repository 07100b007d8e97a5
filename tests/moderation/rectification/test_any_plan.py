"""Any plan the grammar can make reads back; any damage to it loses nothing unreported."""

import random
from dataclasses import dataclass
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from moderation.rectification.plan import missing_characters
from moderation.rectification.plan_reader import read_plan

WORDS = st.text(alphabet="河道治理清淤管网垃圾扬尘整治巡查验收达标排查登记封堵复绿", min_size=2, max_size=24)
SENTENCE = WORDS.map(lambda words: words + "。")
NAMES = st.lists(st.sampled_from(["甲一山", "乙二水", "丙三木", "欧阳丁四", "戊五"]), min_size=1, max_size=3, unique=True)
UNITS = st.lists(
    st.sampled_from(["县水利局", "县生态环境局", "白石镇人民政府", "各乡镇党委、政府", "相关企业（单位）", "县公安局"]),
    min_size=1,
    max_size=4,
    unique=True,
)
DEADLINES = st.sampled_from(
    [
        ("2026年9月底前", "date", date(2026, 9, 30)),
        ("2026年12月31日", "date", date(2026, 12, 31)),
        ("立即整改，持续推进", "immediate_ongoing", None),
        ("立即整改，长期坚持", "immediate_standing", None),
        ("已经完成，长期坚持", "done_standing", None),
        ("2027年底前，并长期坚持", "date_then_standing", date(2027, 12, 31)),
        ("2026年5月底前完成设计", "milestone_only", None),
        ("2026年8月前", "unclear", None),
    ]
)


@dataclass(frozen=True)
class Made:
    problem: str
    target: str
    measures: tuple[str, ...]
    leaders: tuple[str, ...]
    lead: tuple[str, ...] | None
    units: tuple[str, ...]
    persons: str | None
    deadline: tuple[str, str, date | None]


ITEMS = st.builds(
    Made,
    problem=SENTENCE,
    target=SENTENCE,
    measures=st.lists(SENTENCE, min_size=1, max_size=5).map(tuple),
    leaders=NAMES.map(tuple),
    lead=st.none() | UNITS.map(tuple),
    units=UNITS.map(tuple),
    persons=st.none() | st.just("各单位主要负责人"),
    deadline=DEADLINES,
)
NUMBERS = {
    "1.": lambda n: f"{n}.",
    "1．": lambda n: f"{n}．",
    "1、": lambda n: f"{n}、",
    "一、": lambda n: f"{chinese(n)}、",
    "（一）": lambda n: f"（{chinese(n)}）",
    "问题一：": lambda n: f"问题{chinese(n)}：",
}
ORDERS = (
    ("target", "measures", "leaders", "lead", "units", "persons", "deadline"),
    ("lead", "units", "leaders", "persons", "deadline", "target", "measures"),
    ("leaders", "lead", "units", "persons", "target", "measures", "deadline"),
)
LABELS = {
    "target": "整改目标", "measures": "整改措施", "leaders": "责任领导", "lead": "牵头单位", "units": "责任单位",
    "persons": "责 任 人", "deadline": "整改时限",
}  # fmt: skip


def chinese(value: int) -> str:
    digits = "一二三四五六七八九十"
    return digits[value - 1] if value <= 10 else f"十{digits[value - 11]}"


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[Made]]:
    """A plan laid out by the grammar, and what was put into it."""
    items = draw(st.lists(ITEMS, min_size=1, max_size=6))
    number = NUMBERS[draw(st.sampled_from(sorted(NUMBERS)))]
    order = draw(st.sampled_from(ORDERS))
    colon = draw(st.sampled_from(["：", ":", " ：", "：  "]))
    apart = draw(st.sampled_from(["", "\n"]))
    inline = draw(st.booleans())
    lines = ["云岭县整改任务清单", *([""] if apart else [])]
    for place, item in enumerate(items, start=1):
        lines.append(f"{number(place)}{item.problem}")
        lines += [f"{apart}{LABELS[name]}{colon}{value(item, name, inline)}" for name in order if value(item, name, inline)]
    return "\n".join(lines), items


def value(item: Made, name: str, inline: bool) -> str:
    if name == "measures":
        return ("" if inline else "\n").join(f"（{n}）{text}" for n, text in enumerate(item.measures, start=1))
    if name == "deadline":
        return item.deadline[0]
    if name in {"persons", "target"}:
        return getattr(item, name) or ""
    return "、".join(getattr(item, name) or ())


@given(documents())
def test_a_document_made_from_the_grammar_reads_back(made: tuple[str, list[Made]]) -> None:
    text, items = made
    plan = read_plan(text)

    assert [item.number for item in plan.items] == list(range(1, len(items) + 1))
    for read, put in zip(plan.items, items, strict=True):
        assert (read.problem, read.target) == (put.problem, put.target)
        assert tuple(measure.text for measure in read.measures) == put.measures
        assert (read.leaders, read.lead_units, read.responsible_units) == (put.leaders, put.lead or (), put.units)
        assert read.responsible_persons == put.persons
        assert (read.deadline.text, read.deadline.kind, read.deadline.due) == put.deadline
    assert missing_characters(plan) == []


NOISE = "1.．（）一、：:　 责任整改时限底前\t—|l○O\u200b"


@given(documents(), st.randoms(use_true_random=False), st.integers(1, 12))
def test_a_damaged_document_never_breaks_the_reader_and_loses_nothing(
    made: tuple[str, list[Made]], chance: random.Random, blows: int
) -> None:
    text = made[0]
    for _ in range(blows):
        text = damaged(text, chance)

    plan = read_plan(text)

    assert missing_characters(plan) == []
    said = "".join(field.text for item in plan.items for field in item.fields.values())
    assert sum(map(len, said.split())) <= 2 * sum(map(len, text.split())) * max(1, len(plan.items))


def damaged(text: str, chance: random.Random) -> str:
    """One blow: cut, glue, reorder, repeat, or noise as text recognition makes it."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    blow = chance.choice(["cut line", "glue", "swap", "repeat", "noise", "split", "cut text"])
    if blow == "cut line":
        del lines[at]
    elif blow == "glue" and at:
        lines[at - 1 : at + 1] = [lines[at - 1] + lines[at]]
    elif blow == "swap":
        chance.shuffle(lines)
    elif blow == "repeat":
        lines.insert(at, lines[at])
    elif blow == "split" and lines[at]:
        cut = chance.randrange(len(lines[at]))
        lines[at : at + 1] = [lines[at][:cut], lines[at][cut:]]
    elif blow == "noise" and lines[at]:
        place = chance.randrange(len(lines[at]))
        lines[at] = lines[at][:place] + chance.choice(NOISE) + lines[at][place + 1 :]
    elif blow == "cut text":
        lines = lines[: at + 1]
    return "\n".join(lines)


@given(st.text(max_size=200))
def test_any_text_at_all_is_accounted_for(text: str) -> None:
    assert missing_characters(read_plan(text)) == []

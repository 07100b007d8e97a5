"""Facts that are not exactly understood are refused in one line that names the field."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.accountability.assess import assess as suggest
from moderation.accountability.facts import FactsFault, parse
from moderation.cli import main
from portal.core.accountability_rules import rulebook

BOOK = rulebook()
GOOD = {"kind": "notice", "by": "municipal_office", "times": 1}


def fault(data: object) -> str:
    with pytest.raises(FactsFault) as caught:
        parse(data if isinstance(data, str) else json.dumps(data), BOOK)
    return str(caught.value)


def luoyang(**said: object) -> dict[str, object]:
    return {"ruleset": "luoyang-2017", "facts": []} | said


BAD = [
    (luoyang(ruleset="luoyang"), "ruleset"),
    (luoyang(ruleset=["luoyang-2017"]), "ruleset"),
    (luoyang(colour="red"), "colour"),
    ({"facts": []}, "ruleset"),
    ({"ruleset": "luoyang-2017"}, "facts"),
    (luoyang(facts={}), "facts"),
    (luoyang(facts=["notice"]), "facts[0]"),
    (luoyang(facts=[{}]), "facts[0].kind"),
    (luoyang(facts=[{"kind": "CJ6.2"}]), "facts[0].kind"),
    (luoyang(facts=[{"kind": ["notice"]}]), "facts[0].kind"),
    (luoyang(facts=[GOOD, GOOD | {"times": -1}]), "facts[1].times"),
    (luoyang(facts=[GOOD | {"times": 1.0}]), "facts[0].times"),
    (luoyang(facts=[GOOD | {"times": "2"}]), "facts[0].times"),
    (luoyang(facts=[GOOD | {"times": True}]), "facts[0].times"),
    (luoyang(facts=[GOOD | {"times": None}]), "facts[0].times"),
    (luoyang(facts=[GOOD | {"year": "2019"}]), "facts[0].year"),
    (luoyang(facts=[GOOD | {"year": 19}]), "facts[0].year"),
    (luoyang(facts=[GOOD | {"year": False}]), "facts[0].year"),
    (luoyang(facts=[GOOD | {"by": "neighbour"}]), "facts[0].by"),
    (luoyang(facts=[{"kind": "notice", "times": 1}]), "facts[0].by"),
    (luoyang(facts=[GOOD | {"same_or_similar": 1}]), "facts[0].same_or_similar"),
    (luoyang(facts=[GOOD | {"medium": "air"}]), "facts[0].medium"),
    (luoyang(facts=[{"kind": "assessment_last_place", "consecutive": 2}]), "facts[0].medium"),
    (luoyang(facts=[{"kind": "assessment_last_place", "consecutive": 2, "medium": "soil"}]), "facts[0].medium"),
    (luoyang(facts=[{"kind": "assessment_last_place", "medium": "air"}]), "facts[0].consecutive"),
    (luoyang(facts=[{"kind": "other_8", "reason": " "}]), "facts[0].reason"),
    (luoyang(facts=[{"kind": "other_8"}]), "facts[0].reason"),
    (luoyang(facts=[{"kind": "exposure", "problem": "general"}]), "facts[0].source"),
    (luoyang(dimensions="territorial"), "dimensions"),
    (luoyang(dimensions=None), "dimensions"),
    (luoyang(dimensions=["territorial", "moon"]), "dimensions[1]"),
    (luoyang(signs=["lazy"]), "signs[0]"),
    (luoyang(signs=[["slow"]]), "signs[0]"),
    (luoyang(impact="huge"), "impact"),
    (luoyang(grade="worst"), "grade"),
    (luoyang(grade=1), "grade"),
    (luoyang(circumstances=["CJ14.1.1"]), "circumstances[0]"),
    (luoyang(named_from_above="yes"), "named_from_above"),
    (luoyang(named_from_above=1), "named_from_above"),
    (luoyang(general=None), "general"),
    (luoyang(state_owned=0), "state_owned"),
    (luoyang(suspected_crime="no"), "suspected_crime"),
    ([], "FACTS.json"),
    ("{", "FACTS.json"),
    ("NaN", "FACTS.json"),
    ('{"ruleset": "luoyang-2017", "facts": [], "grade": "minor", "grade": "grave"}', "grade"),
    ('{"ruleset": "luoyang-2017", "facts": [], "a\\nb": 1}', "a\\nb"),
    ("[" * 100_000, "FACTS.json"),
]


@pytest.mark.parametrize(("data", "field"), BAD, ids=range(len(BAD)))
def test_a_fault_is_one_line_that_begins_with_its_field(data, field):
    message = fault(data)

    assert message.startswith(f"{field}: ")
    assert len(message.splitlines()) == 1


def test_a_count_of_nought_is_understood_and_matches_nothing(tmp_path, capsys):
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(luoyang(facts=[GOOD | {"times": 0, "rectification_notice": True}])), encoding="utf-8")

    assert main(["assess", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == []


def test_the_command_refuses_with_two_and_prints_no_answer(tmp_path, capsys):
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(luoyang(impact="huge")), encoding="utf-8")

    assert main(["assess", str(path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("impact: ")
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_a_file_that_cannot_be_read_is_refused_the_same_way(tmp_path, capsys, content):
    path = tmp_path / "facts\nwith a line break.json"
    if content is not None:
        path.write_bytes(content)

    assert main(["assess", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_example_of_the_design_is_answered_from_standard_input():
    example = luoyang(
        facts=[GOOD | {"times": 2, "same_or_similar": True, "year": 2019}],
        dimensions=["territorial", "polluter"],
        signs=["slow", "unrectified"],
        impact="larger",
        grade=None,
        named_from_above=True,
        circumstances=["fraud"],
    )
    done = subprocess.run(
        [sys.executable, "-m", "moderation.cli", "assess", "-", "--trace"],
        input=json.dumps(example).encode(),
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        cwd=Path(__file__).resolve().parents[3],
        check=True,
    )

    answer = json.loads(done.stdout)
    assert (answer["grade"], answer["effective_grade"]) == ("serious", "grave")
    assert answer["rows"] == ["LY8.2", "LYQ.T3", "LYQ.P3"]
    assert {"kind": "heavier", "row": "LY10.2"} in answer["adjustments"]
    assert list(answer)[-1] == "trace"


WORDS = st.sampled_from(
    [
        "ruleset",
        "facts",
        "luoyang-2017",
        "changji-2016",
        "kind",
        "notice",
        "exposure",
        "CJ6.2",
        "by",
        "times",
        "year",
        "grade",
        "minor",
        "signs",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=5),
    max_leaves=12,
)


@given(st.fixed_dictionaries({}, optional={"ruleset": WORDS, "facts": JSON, "grade": JSON, "signs": JSON, "general": JSON}) | JSON)
def test_whatever_is_written_is_either_understood_or_refused_in_one_line(data):
    said = ""
    try:
        said = json.dumps(suggest(parse(json.dumps(data), BOOK), BOOK).as_json(trace=True), ensure_ascii=False)
    except FactsFault as fault:
        said = str(fault)

    assert said.encode()
    assert len(said.splitlines()) == 1
    assert said.isprintable()

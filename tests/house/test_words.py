"""What a citizen reads is plain: short sentences, no office prose, 您, and errors that say what to do."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.casework.answers import answer_templates
from moderation.outbox import SENTENCES
from tests.house.said_in_python import said_in
from tests.house.test_translations import source_strings
from tests.house.tree import text_of, tree_of

ROOT = Path(__file__).parents[2]
HAN = re.compile(r"[㐀-鿿]")
SENTENCE_END = re.compile(r"[。！？；\n]|：(?=\s)")
# Modules whose every sentence may reach a citizen: receipt, forms, refusals, answers, messages, reward letters and slips.
TOLD_WHOLE = (
    *("moderation/rewards/collection.py", "moderation/casework/status.py", "moderation/casework/messages.py"),
    *("moderation/casework/answers.py", "moderation/reporter_notices.py"),
    *("portal/core/reward_schedule_words.py", "portal/core/receipts.py", "portal/core/reports.py"),
    *sorted(path.relative_to(ROOT).as_posix() for place in ("portal/intake", "portal/web") for path in ROOT.glob(f"{place}/*.py")),
)
# Templates of papers that are handed or read out to a citizen.
TOLD_ON_PAPER = tuple(
    f"moderation/console/templates/{name}.html" for name in ("hand_entry/receipt", "hand_entry/told", "rewards/voucher")
)
TOLD_BY = ("moderation/casework/machine.py", "moderation/rewards/machine.py")
CITIZEN_PLACES = ("portal/intake", "portal/web", "build/theme")
# Han characters: two lines of a phone at ordinary size, which is as much as one reads without going back.
LONGEST_SENTENCE = 46

# Office prose → what to say instead.
BUREAUCRATIC = {
    "予以": "直接写动词",
    "进行处理": "处理",
    "进行举报": "举报",
    "进行查询": "查",
    "高度重视": "写做了什么",
    "切实": "写做了什么",
    "扎实推进": "写做了什么",
    "相关部门": "写是哪个部门",
    "有关部门": "写是哪个部门",
    "有关规定": "写是哪一条",
    "特此": "删去",
    "兹": "删去",
    "届时": "到时候",
    "敬请": "请",
    "务必": "请",
    "知悉": "知道",
    "该字段": "写标签里的词",
    "必填项": "说要写什么",
    "输入无效": "说要写什么",
    "格式错误": "说要怎样写",
    "非法": "说要怎样写",
    "贵方": "您",
    "用户": "您，或写是谁",
    "系统异常": "说没有收到什么、怎么办",
    "操作失败": "说没有收到什么、怎么办",
}
# Pages for the office itself: its own words may stand there.
OFFICE_PAGES = {"guide/moderator.md", "guide/unit.md", "guide/publicity.md", "guide/administrator.md", "guide/developer.md"}
YOU = re.compile(r"(?<![A-Za-z])你(?!好吗)")


def page_files() -> list[Path]:
    folder = ROOT / "site_docs"
    every = sorted(folder.rglob("*.md"))
    return [page for page in every if not page.relative_to(folder).as_posix().startswith(("en/", "decisions/"))]


def prose_of(page: Path) -> str:
    """The words a reader sees: no front matter, code, tags or addresses."""
    text = re.sub(r"\A---\n.*?\n---\n", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)|<[^>]+>|\{[^}]*\}|`[^`]*`", "", text)
    return text.replace("|", "\n")


def sentences(text: str) -> Iterator[str]:
    yield from (piece.strip() for piece in SENTENCE_END.split(text) if HAN.search(piece))


def citizen_strings() -> dict[str, str]:
    """Sentence → where it stands: forms, the public site, answers, receipts and short messages."""
    marked = {text: where for text, where in source_strings().items() if where.startswith(CITIZEN_PLACES)}
    return marked | {text: where for where, text in (*said_in_rules(), *said_in_code(), *said_on_paper())}


def said_in_rules() -> Iterator[tuple[str, str]]:
    """The answers offered to staff, the receipt's words for every state of a letter, and the message that there is news."""
    yield from ((f"answer_templates.toml: {each.code}", each.body) for each in answer_templates())
    rules = tomllib.loads((ROOT / "portal/core/rules/letter_words.toml").read_text(encoding="utf-8"))
    for state, row in rules.items():
        yield from ((f"letter_words.toml: {state}", text) for text in row.values() if isinstance(text, str))
    yield "moderation/outbox.py", SENTENCES["report_has_news"]


def said_in_code() -> Iterator[tuple[str, str]]:
    """What the receipt says happened (``public=`` of a step), and every sentence of the modules that speak to citizens.

    An f-string is read with its slots numbered, as ``奖励 {0} 元可以领取``.
    """
    for name in TOLD_BY:
        for node in ast.walk(tree_of(ROOT / name)):
            if isinstance(node, ast.keyword) and node.arg == "public" and isinstance(node.value, ast.Constant) and node.value.value:
                yield f"{name}:{node.value.lineno}", str(node.value.value)
    for name in TOLD_WHOLE:
        yield from ((f"{name}:{line}", said) for said, line in said_in(ROOT / name, whole=True))


def said_on_paper() -> Iterator[tuple[str, str]]:
    for name in TOLD_ON_PAPER:
        yield from ((name, said) for said in re.findall(r'_\("([^"]+)"', text_of(ROOT / name)))


@pytest.mark.parametrize("page", page_files(), ids=lambda page: page.name)
def test_sentences_of_a_page_are_short(page: Path) -> None:
    long = [each for each in sentences(prose_of(page)) if len(HAN.findall(each)) > LONGEST_SENTENCE]

    assert not long, "\n".join(long)


def citizen_pages() -> list[Path]:
    return [page for page in page_files() if page.relative_to(ROOT / "site_docs").as_posix() not in OFFICE_PAGES]


@pytest.mark.parametrize("page", citizen_pages(), ids=lambda page: page.name)
def test_a_page_uses_no_office_prose(page: Path) -> None:
    text = prose_of(page)

    found = {form: better for form, better in BUREAUCRATIC.items() if form in text.replace("不予受理", "")}

    assert not found
    assert not YOU.search(text), "读者是“您”"


@pytest.mark.parametrize("page", page_files(), ids=lambda page: page.name)
def test_a_page_says_in_one_line_what_it_is_about(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert re.search(r"\A---\n(?:.*\n)*?description: .+\n", text)
    assert len(re.findall(r"^# ", re.sub(r"```.*?```", "", text, flags=re.DOTALL), flags=re.MULTILINE)) == 1


def test_sentences_of_the_forms_are_short() -> None:
    long = [
        f"{where}: {each}"
        for text, where in citizen_strings().items()
        for each in sentences(text)
        if len(HAN.findall(each)) > LONGEST_SENTENCE
    ]

    assert not long, "\n".join(long)


def test_what_a_reporter_is_told_is_read_too() -> None:
    places = {where.split(":")[0] for where in citizen_strings().values()}

    assert {"answer_templates.toml", "letter_words.toml", "moderation/outbox.py", *TOLD_BY, *TOLD_ON_PAPER} <= places
    assert {"moderation/rewards/collection.py", "moderation/casework/messages.py", "portal/intake/mail.py"} <= places


def test_sentences_put_together_from_values_are_read_with_their_slots() -> None:
    assert any(text.startswith("您的举报经查证属实，奖励 {0} 元已经批准。领取码：{1}。") for text in citizen_strings())


def test_the_forms_use_no_office_prose() -> None:
    found = [f"{where}: {text}（{form}）" for text, where in citizen_strings().items() for form in BUREAUCRATIC if form in text]

    assert not found, "\n".join(found)
    assert not [text for text in citizen_strings() if YOU.search(text)], "读者是“您”"


def test_every_heading_a_page_links_to_has_a_written_id() -> None:
    """A Chinese heading without one becomes _1, which changes when a heading is added above it."""
    bare = [
        f"{page.name}: {line}"
        for page in page_files()
        for line in re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL).splitlines()
        if re.match(r"#{2,} ", line) and not re.search(r"\{\s*#[\w-]+\s*\}$", line)
    ]

    assert not bare, "\n".join(bare)

"""The main job as one story, told twice against the running processes: in Chromium without JavaScript, and over plain HTTP.

A citizen reports with a photo, the office handles it, pays a reward by code and publishes it; the citizen follows it all
with the receipt. Nothing of the report is readable in what the public process has.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.walks.hands import BrowserHand, Hand, HttpHand

PROJECT = Path(__file__).parents[2]
MARK = "走查标记甲乙丙丁"
PATIENCE_SECONDS = 40
# A form sent within seconds of being opened is taken for a machine's.
READING_SECONDS = 6


@dataclass(frozen=True)
class Running:
    """A demo on free ports."""

    public: str
    console: str
    data: Path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`disclosure demo`, as a newcomer starts it, until the tests are done."""
    data, ports = tmp_path_factory.mktemp("demo") / "data", (_free_port(), _free_port())
    words = ["demo", "--data", str(data), "--port", str(ports[0]), "--console-port", str(ports[1])]
    with (data.parent / "said").open("wb") as said:
        process = subprocess.Popen([sys.executable, "-m", "moderation.cli", *words], cwd=PROJECT, stdout=said, stderr=said)
    deadline = time.monotonic() + 240
    while "Ctrl-C" not in (told := (data.parent / "said").read_text(encoding="utf-8")):
        assert process.poll() is None, told
        assert time.monotonic() < deadline, told
        time.sleep(0.2)
    yield Running(f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}", data)
    process.terminate()
    assert process.wait(30) == 0


class Story:
    """One telling. ``hand`` makes a new pair of hands; the office's people each have their own."""

    def __init__(self, running: Running, hand: Callable[[], Hand], folder: Path) -> None:
        self.at = running
        self.new_hand = hand
        self.folder = folder
        self.hands: list[Hand] = []
        self.people: dict[str, Hand] = {}
        self.code = ""
        self.letter = ""

    def hand(self) -> Hand:
        self.hands.append(self.new_hand())
        return self.hands[-1]

    def staff(self, name: str, path: str) -> Hand:
        """A member of staff at a page of the console, signed in by the demo's one press."""
        if name not in self.people:
            self.people[name] = self.hand()
            self.people[name].open(f"{self.at.console}/sign-in")
            self.people[name].press(name)
        self.people[name].open(f"{self.at.console}{path}")
        return self.people[name]

    def until(self, hand: Hand, address: str, words: str) -> None:
        """Opens a page until it says ``words``: the worker needs a moment."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        hand.open(address)
        while words not in hand.text():
            assert time.monotonic() < deadline, f"{words} not on {address}: {hand.text()[:3000]}"
            time.sleep(0.5)
            hand.open(address)

    # ---- the citizen ----

    def report(self) -> None:
        citizen = self.hand()
        citizen.open(f"{self.at.public}/")
        citizen.follow("我要举报")
        time.sleep(READING_SECONDS)
        citizen.fill(
            acts="uncovered_dust", region="990121100", place="东大路北段石子料场", when_kind="recurring", when="夜里十一点以后",
            who="宏达石料厂", story=f"每天夜里十一点以后装卸石子，不盖不洒水，灰飘到学校。{MARK}", identity_level="anonymous",
            contact="nobody",
        )  # fmt: skip
        citizen.attach("files", photo_with_place(self.folder))
        citizen.press("看一遍再发")
        assert "50 元" in citizen.text()
        citizen.press("发送")
        found = re.search(r'class="receipt-code"[^>]*>([\d\s]+)<', citizen.html())
        assert found, citizen.text()
        self.code = " ".join(found[1].split())
        assert self.code.replace(" ", "") not in citizen.address()

    def looks_up(self, words: str) -> str:
        """The receipt page, once it says ``words``."""
        citizen, deadline = self.hand(), time.monotonic() + PATIENCE_SECONDS
        while True:
            citizen.open(f"{self.at.public}/")
            citizen.follow("查询进度")
            citizen.fill(**{RECEIPT_FIELD: self.code})
            citizen.press("查看")
            if words in citizen.text():
                break
            assert time.monotonic() < deadline, f"{words} not on the receipt page: {citizen.text()[:3000]}"
            time.sleep(1)
        self.citizen = citizen
        return citizen.text()

    # ---- the office ----

    def screen(self) -> None:
        desk = self.staff("沈青禾", "/screening")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.letter:
            assert time.monotonic() < deadline
            desk.open(f"{self.at.console}/screening")
            for path in dict.fromkeys(re.findall(r'href="(/screening/[0-9a-z]{16})"', desk.html())):
                desk.open(f"{self.at.console}{path}")
                if MARK in desk.text() and self.own(desk):
                    self.letter = path.rsplit("/", 1)[1]
                    break
        desk.fill(summary=f"反映青石镇东大路一料场夜间装卸扬尘，未采取遮盖措施（{self.folder.name}）。", place="东大路北段料场")
        desk.press("受理")

    def own(self, desk: Hand) -> bool:
        """Both tellings send the same words; each has its own photo."""
        return photo_with_place(self.folder).name in desk.text()

    def handle(self) -> None:
        lead = self.staff("周行简", f"/letters/{self.letter}/acts/assign")
        lead.press("分办")
        assert "县城市管理局" in lead.text()
        unit = self.staff("许一鸣", f"/letters/{self.letter}/acts/take-up")
        assert MARK not in unit.text()
        unit.press("签收")
        unit.open(f"{self.at.console}/letters/{self.letter}/findings")
        for name in re.findall(r'name="((?:finding|measures)-[0-9a-z]+)"', unit.html()):
            unit.fill(**{name: "料堆没有遮盖，夜间装卸属实，已责令停止并覆盖。"})
        for name in re.findall(r'name="(verdict-[0-9a-z]+)"', unit.html()):
            unit.fill(**{name: "substantiated"})
        unit.fill(**{"measure-order_to_correct": "1", "measure-fine": "20000"})
        unit.press("报告")
        lead.open(f"{self.at.console}/letters/{self.letter}/acts/settle")
        lead.fill(text="核查清楚，同意办结。", reply="您反映的料场扬尘属实，已责令整改并处罚。")
        lead.press("办结")
        assert "办结" in lead.text()

    def reward(self) -> None:
        proposer = self.staff("何知秋", f"/rewards/letters/{self.letter}/verify")
        proposer.fill(acts="uncovered_dust", target=f"宏达石料厂{self.folder.name}", place=f"东大路北段料场{self.folder.name}")
        proposer.press("认定")
        assert "50 元" in proposer.text()
        reward = proposer.address()
        proposer.press("提出")
        approver = self.staff("温如玉", reward.removeprefix(self.at.console))
        approver.press("同意")
        assert "已审批" in approver.text()

    def collect(self) -> None:
        found = re.search(r"领取码：([0-9A-Z]{5}(?:-[0-9A-Z]{5}){3})", self.looks_up("领取码："))
        assert found
        payer = self.staff("钱广进", "/reward-counter/")
        payer.fill(code=found[1])
        payer.press("查金额")
        assert "应付 50 元" in " ".join(payer.text().split())
        payer.press("已付现金")
        assert "已兑付 50 元" in " ".join(payer.text().split())

    def publish(self) -> str:
        clerk = self.staff("李拟章", "/batches")
        clerk.press("起草")
        draft = clerk.address().removeprefix(self.at.console)
        for question in ("state_secret", "trade_secret", "privacy", "internal"):
            clerk.fill(**{question: "none"})
        clerk.press("保存清单")
        for name, words in (
            ("李拟章", "送脱敏核对"), ("李拟章", "核对完毕"), ("赵初核", "通过"), ("吴复核", "通过"), ("钱定稿", "签发"),
        ):  # fmt: skip
            self.staff(name, draft).press(words)
        publisher = self.staff("孙发布", draft)
        self.until(publisher, f"{self.at.console}{draft}", "发布")
        time.sleep(2)
        self.staff("孙发布", draft).press("发布")
        return "records/letter-batch/" + draft.rsplit("/", 1)[1] + "/"


RECEIPT_FIELD = "code"


def photo_with_place(folder: Path) -> Path:
    """A photograph that carries where it was taken."""
    path = folder / f"{folder.name}.jpg"
    if not path.exists():
        picture, exif = Image.new("RGB", (640, 480), "gray"), Image.Exif()
        exif.get_ifd(0x8825).update({1: "N", 2: (33.0, 46.0, 30.0), 3: "E", 4: (111.0, 36.0, 55.0)})
        picture.save(path, exif=exif)
    return path


def tell(story: Story) -> None:
    """The whole story."""
    story.report()
    story.looks_up("已收到")
    story.screen()
    story.handle()
    story.looks_up("办结")
    story.reward()
    story.collect()
    address = story.publish()
    reader = story.hand()
    story.until(reader, f"{story.at.public}/{address}", story.folder.name)
    assert MARK not in reader.text()
    story.looks_up("公开")


def close(story: Story) -> None:
    for hand in story.hands:
        hand.close()


def test_the_main_job_over_plain_http(running: Running, tmp_path: Path) -> None:
    story = Story(running, HttpHand, tmp_path)
    tell(story)
    close(story)


@pytest.mark.browser
def test_the_main_job_in_a_browser_without_javascript(running: Running, browser: Any, tmp_path: Path) -> None:
    story = Story(running, lambda: BrowserHand(browser, width=390), tmp_path)
    tell(story)
    close(story)


def test_the_public_process_has_nothing_that_opens_what_was_sent(running: Running) -> None:
    """After both tellings: no word of a report in any file the public process can read, and none of its keys opens one."""
    held = [path for path in (running.data / "intake").rglob("*") if path.is_file()]

    assert held
    for path in held:
        data = path.read_bytes()
        assert MARK.encode() not in data, path
        assert "宏达石料厂".encode() not in data, path
    assert not any(path.suffix == ".key" and "office" in path.name for path in held)


def test_both_audit_chains_are_whole_after_the_story(running: Running) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "moderation.cli", "verify-audit", "--data", str(running.data)],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("完整") == 2


def test_the_sign_in_of_the_whole_cast_is_kept_from_others(running: Running) -> None:
    book = running.data / "demo" / "sign-in.json"

    assert book.stat().st_mode & 0o077 == 0
    assert len(json.loads(book.read_text(encoding="utf-8"))) >= 20

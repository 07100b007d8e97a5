"""Pictures of the product: which pages in which state, how they are taken, compared and laid on one sheet.

Taken from a demo that is made for it, so that the pictures in the documentation never age. Knows pages by what a person
presses, never by an id. Nothing here runs in an office.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from PIL import Image, ImageChops, ImageDraw, ImageStat
from werkzeug.serving import WSGIRequestHandler, make_server

from moderation.check.browser import find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "site_docs" / "pictures"
DESK, PHONE, NARROW = 1280, 390, 320
KEPT_WIDTH = 320
"""Kept pictures are this wide and grey: enough to see that something moved, 4 to 15 kB each."""

Step = tuple[str, ...]
"""("press", selector), ("write", selector, text), ("choose", selector, position), ("tick", selector), ("go", path)."""


@dataclass(frozen=True)
class Scene:
    """One state of one page. ``side``: public or console; ``login``: who of the demo's cast sits there.

    ``quick``: compared in every check, on samples that never change. ``docs``: name of the picture in the documentation.
    """

    name: str
    side: str
    path: str
    login: str = ""
    width: int = DESK
    theme: str = "light"
    steps: tuple[Step, ...] = ()
    quick: bool = False
    docs: str = ""
    whole: bool = True


FILLED: tuple[Step, ...] = (
    ("tick", "input[name=acts] >> nth=1"),
    ("choose", "select[name=region]", "1"),
    ("write", "[name=place]", "镇小学北边约 200 米的料场"),
    ("write", "[name=story]", "每天夜里十一点以后装卸，不盖不洒水，灰飘到学校里。"),
)
LOOKED: tuple[Step, ...] = (*FILLED, ("press", "button.button[value=look]"))
SENT: tuple[Step, ...] = (*LOOKED, ("press", "button.button[value=send]"))
FIRST_TASK: tuple[Step, ...] = (("press", ".section .list a >> nth=0"),)
FIRST_ROW: tuple[Step, ...] = (("press", "table.dense tbody a >> nth=0"),)

PUBLIC: tuple[Scene, ...] = (
    Scene("home", "public", "/", quick=True, docs="home"),
    Scene("section", "public", "/records/rectification/"),
    Scene("task", "public", "/records/rectification/", steps=FIRST_TASK, quick=True, docs="task"),
    Scene("exposure", "public", "/records/exposure/", steps=FIRST_TASK),
    Scene("outcome", "public", "/records/accountability/", steps=FIRST_TASK),
    Scene("letters", "public", "/records/letter-batch/", steps=FIRST_TASK, quick=True),
    Scene("prose", "public", "/how-we-protect-you/", quick=True),
    Scene("terms", "public", "/terms/"),
    Scene("english", "public", "/en/"),
    Scene("form", "public", "/r/", quick=True, docs="report"),
    Scene("form-unfinished", "public", "/r/", steps=(("press", "button.button[value=look]"),)),
    Scene("preview", "public", "/r/", steps=LOOKED, quick=True),
    Scene("receipt", "public", "/r/", steps=SENT),
    Scene("look-up", "public", "/r/c/"),
    Scene("nothing-there", "public", "/there-is-no-such-page/"),
)
CONSOLE: tuple[Scene, ...] = (
    Scene("sign-in", "console", "/sign-in"),
    Scene("waiting", "console", "/", "zuzhang"),
    Scene("queue", "console", "/letters/under-way", "zuzhang", docs="desk", whole=False),
    Scene("letter", "console", "/letters/under-way", "zuzhang", steps=FIRST_ROW, docs="letter", whole=False),
    Scene("to-screen", "console", "/screening", "shenhe"),
    Scene("ledger", "console", "/rectification-tasks", "zhenggai"),
    Scene("import", "console", "/rectification-plans/import", "zhenggai"),
    Scene("cases", "console", "/accountability/cases", "wenze"),
    Scene("drafts", "console", "/publication/", "nigao"),
    Scene("draft", "console", "/publication/", "nigao", steps=FIRST_ROW),
    Scene("remarks", "console", "/publication/", "nigao", steps=(*FIRST_ROW, ("press", ".next-step a[href$='/remarks'] >> nth=0"))),
    Scene("half-reviewed", "console", "/publication/", "shengao1", steps=FIRST_ROW),
    Scene("site-health", "console", "/publication/health", "nigao"),
    Scene("publication-rules", "console", "/publication/rules", "guanli"),
    Scene("people", "console", "/administration/people", "guanli"),
)


def variants(scene: Scene) -> tuple[Scene, ...]:
    """The scene on a desk in light and on a phone in the dark; the chief ones the other way round as well."""
    made = [scene]
    chief = scene.quick or scene.docs
    for width, theme in ((PHONE, "dark"), *(((DESK, "dark"), (PHONE, "light")) if chief else ())):
        name = f"{scene.name}-{'phone' if width == PHONE else 'desk'}-{theme}"
        quick = scene.quick and (width, theme) == (PHONE, "dark")
        docs = f"{scene.docs}-phone" if scene.docs and (width, theme) == (PHONE, "light") else ""
        made.append(replace(scene, name=name, width=width, theme=theme, quick=quick, docs=docs))
    return tuple(made)


SCENES: tuple[Scene, ...] = tuple(each for scene in (*PUBLIC, *CONSOLE) for each in variants(scene))


# ---- serving ----


class Quiet(WSGIRequestHandler):
    """Logs no request."""

    def log_request(self, *_args: object) -> None:
        return


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of ``app`` on a free port of this machine, running until the block ends."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Places:
    """Where the two sides of a demo answer, and the key of each member of the cast on the sign-in page."""

    public: str
    console: str
    keys: dict[str, str]


@contextmanager
def demo_served(data: Path) -> Iterator[Places]:
    """Makes a demo in ``data`` and serves both its sides in this process."""
    from moderation import app as console_app
    from moderation.demo.cast import demo_cast
    from moderation.demo.commands import make_demo
    from moderation.office import open_office
    from portal import app as portal_app
    from portal.settings import IntakeSettings

    make_demo(data)
    office = open_office(data)
    cast = demo_cast(office)
    logins = {row["name"]: row["login"] for row in json.loads((data / "demo" / "sign-in.json").read_text(encoding="utf-8"))}
    public = portal_app.create_app(IntakeSettings.from_env({"DISCLOSURE_DATA": str(data)}))
    console = console_app.create_app(office, demo_cast=cast)
    try:
        with served(public) as one, served(console) as other:
            yield Places(one, other, {logins[member.name]: member.key for member in cast})
    finally:
        public.extensions["intake"].close()
        office.close()


# ---- taking ----


def take(browser: Browser, places: Places, scene: Scene) -> Image.Image:
    """The page as somebody sees it; what differs from run to run is made equal first."""
    size = {"width": scene.width, "height": 844 if scene.width < DESK else 860}
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        color_scheme=scene.theme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        locale="zh-CN",
        base_url=places.public if scene.side == "public" else places.console,
    )
    try:
        page = context.new_page()
        if scene.login:
            page.goto("/sign-in")
            act(page, ("press", f"form[action$='{places.keys[scene.login]}'] button"))
        page.goto(scene.path)
        for step in scene.steps:
            act(page, step)
        page.evaluate("for (const code of document.querySelectorAll('.receipt-code')) code.textContent = '00000 '.repeat(8)")
        wait_for_frames(page)
        raw = page.screenshot(full_page=scene.whole, animations="disabled", caret="hide")
    finally:
        context.close()
    with Image.open(io.BytesIO(raw)) as picture:
        return picture.convert("RGB")


_FRAMES_THERE = (
    "Array.from(document.querySelectorAll('iframe[src]')).every((frame) => frame.contentDocument"
    " && frame.contentDocument.URL !== 'about:blank' && frame.contentDocument.readyState === 'complete')"
)


def wait_for_frames(page: Page) -> None:
    """A page within the page comes after the page around it; five seconds at most."""
    for _ in range(100):
        if page.evaluate(_FRAMES_THERE):
            return
        page.wait_for_timeout(50)


def act(page: Page, step: Step) -> None:
    """One thing a person does."""
    match step:
        case ("press", selector):
            # Every press in a scene leads to another page.
            with page.expect_navigation():
                page.locator(selector).click()
        case ("write", selector, text):
            page.fill(selector, text)
        case ("choose", selector, position):
            page.select_option(selector, index=int(position))
        case ("tick", selector):
            page.locator(selector).check()
        case _:
            raise ValueError(f"no such step: {step}")


# ---- comparing ----


def reduced(picture: Image.Image) -> Image.Image:
    """The picture as it is kept: narrow and grey."""
    height = max(1, round(picture.height * KEPT_WIDTH / picture.width))
    return picture.convert("L").resize((KEPT_WIDTH, height), Image.Resampling.BOX)


def difference(kept: Image.Image, now: Image.Image) -> float:
    """0 (equal) to 1: the mean difference of brightness, plus what one is taller than the other."""
    one, other = (each.convert("L") for each in (kept, now))
    height = min(one.height, other.height)
    area = (0, 0, one.width, height)
    mean = float(ImageStat.Stat(ImageChops.difference(one.crop(area), other.crop(area))).mean[0]) / 255
    return mean + abs(one.height - other.height) / max(one.height, other.height)


def contact_sheet(pictures: dict[str, Image.Image], columns: int = 10, width: int = 200, height: int = 300) -> Image.Image:
    """All pictures at once, each with its name, to look at in one go."""
    rows = (len(pictures) + columns - 1) // columns
    sheet = Image.new("RGB", (columns * (width + 12) + 12, rows * (height + 30) + 12), "#6b726e")
    draw = ImageDraw.Draw(sheet)
    for place, (name, picture) in enumerate(pictures.items()):
        left, top = 12 + place % columns * (width + 12), 12 + place // columns * (height + 30)
        small = picture.resize((width, max(1, round(picture.height * width / picture.width))), Image.Resampling.LANCZOS)
        sheet.paste(small.crop((0, 0, width, min(height, small.height))), (left, top + 16))
        draw.text((left, top), name, fill="#ffffff")
    return sheet


# ---- the command ----


def pictures_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("var/pictures"), help="图片放在哪里 / where the pictures go")
    parser.add_argument("--docs", action="store_true", help="只更新说明书里的图 / only renew the pictures in the documentation")
    parser.add_argument(
        "--desks",
        type=int,
        metavar="N",
        help="只拍工作台：每个岗位的每张清单，空着和各有 N 件在等 / only desks: every list of every role, empty and with N waiting",
    )


def pictures(args: argparse.Namespace) -> int:
    """Takes every scene of a fresh demo; one contact sheet, and the documentation's pictures renewed."""
    from playwright.sync_api import sync_playwright

    path = find_browser()
    if path is None:
        print("这台机器上没有 Chromium，拍不了图。", file=sys.stderr)
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    if args.desks is not None:
        from moderation.check import desk_pictures

        return desk_pictures.take_all(args.out, args.desks, path)
    taken: dict[str, Image.Image] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as tool, demo_served(Path(folder) / "demo") as places:
        browser = tool.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for scene in SCENES:
            if args.docs and not scene.docs:
                continue
            picture = take(browser, places, scene)
            taken[scene.name] = picture
            picture.save(args.out / f"{scene.name}.png")
            if scene.docs:
                keep_for_docs(picture, DOCS / f"{scene.docs}.png")
        browser.close()
    contact_sheet(taken).save(args.out / "sheet.png")
    print(f"{len(taken)} 张图在 {args.out}，先看 sheet.png。")
    return 0


def keep_for_docs(picture: Image.Image, path: Path) -> None:
    """At most two screens tall, few colours: a page of documentation stays light."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width = min(picture.width, 960)
    small = picture.crop((0, 0, picture.width, min(picture.height, picture.width * 3 // 4 if picture.width > PHONE else 844)))
    small = small.resize((width, round(small.height * width / small.width)), Image.Resampling.LANCZOS)
    small.quantize(256, method=Image.Quantize.FASTOCTREE).save(path, optimize=True)

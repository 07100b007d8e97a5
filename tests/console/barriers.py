"""What keeps somebody from using a page of the desk: looked for in a real browser, loaded once for every theme and width."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import cast

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

from tests.console.browser_desk import PHONE

DESK: ViewportSize = {"width": 1280, "height": 900}
# 1280 px at 200 % is a window of 640; 320 px is what 1280 at 400 % leaves.
NARROW: tuple[ViewportSize, ...] = ({"width": 640, "height": 450}, {"width": 320, "height": 640})
NEED_A_NAME = frozenset(
    {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "spinbutton", "dialog", "listbox"}
)
HEADINGS = "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].filter(each => each.offsetParent).map(each => +each.tagName[1])"


@dataclass(frozen=True)
class Sight:
    """How a page is looked at: window, theme, and the rules that can answer otherwise than in the sights before (none: all)."""

    name: str
    size: ViewportSize
    dark: bool
    rules: tuple[str, ...] = ()


# Colours depend on the theme, names and landmarks on the width alone: so both widths are tried whole, and both themes in each.
COLOURS = ("color-contrast", "link-in-text-block")
SIGHTS = (
    Sight("desk, light", DESK, False),
    Sight("desk, dark", DESK, True, COLOURS),
    Sight("phone, dark", PHONE, True),
    Sight("phone, light", PHONE, False, COLOURS),
)

# Rows and list entries that differ in nothing but their words are tried once (twice: every other row may have another ground).
ALIKE = """() => {
  const words = /^(href|id|value|datetime|for|title|name|action|src|alt|aria-label|aria-describedby|aria-labelledby)$/;
  const shape = node => node.tagName + [...node.attributes].map(each =>
      words.test(each.name) ? each.name + !each.value : each.name + '=' + each.value).sort().join(' ')
    + [...node.childNodes].map(each =>
      each.nodeType === 1 ? shape(each) : each.nodeType === 3 && each.data.trim() ? '.' : '').join('') + '/';
  for (const list of document.querySelectorAll('tbody, ul, ol, select')) {
    const known = new Map();
    for (const each of [...list.children]) {
      const mine = shape(each), seen = known.get(mine) || 0;
      known.set(mine, seen + 1);
      if (seen > 1) each.remove();
    }
  }
}"""
# No frames: what stands in them are pages of the site, which have tests of their own.
RUN_AXE = """rules => axe.run(Object.assign({reporter: 'no-passes', preload: false, iframes: false},
  rules.length ? {runOnly: {type: 'rule', values: rules}} : {})).then(found => found.violations.flatMap(each =>
    each.nodes.map(node => each.id + ': ' + node.target + ' '
      + [...node.any, ...node.all, ...node.none].map(one => one.message))))"""
TWICE = """() => { const known = new Set(); return [...document.querySelectorAll('[id]')].map(each => each.id)
  .filter(id => known.size === known.add(id).size); }"""
# Where the system has taken the colours away: what one presses or writes in has an edge, the place one is at has a mark.
UNMARKED = """() => {
  const edge = style => ['Top', 'Right', 'Bottom', 'Left'].some(side =>
    style['border' + side + 'Style'] !== 'none' && parseFloat(style['border' + side + 'Width']) > 0);
  const wrong = [];
  for (const each of document.querySelectorAll(
      'button, a.button, input, select, textarea, .state, .notice, [aria-current], meter, progress')) {
    if (!each.offsetParent || /^(hidden|checkbox|radio)$/.test(each.type)) continue;
    const style = getComputedStyle(each), line = style.textDecorationLine !== 'none', bold = +style.fontWeight >= 600;
    const before = getComputedStyle(each, '::before').content;
    if (edge(style) || style.outlineStyle !== 'none' || style.forcedColorAdjust === 'none' || line) continue;
    if (/^(METER|PROGRESS)$/.test(each.tagName) || (each.matches('[aria-current]') && (bold || before !== 'none'))) continue;
    wrong.push(each.tagName + '.' + each.className + ' ' + each.textContent.trim().slice(0, 20));
  }
  return wrong;
}"""
MOVING = """() => document.getAnimations().filter(each => each.playState === 'running')
  .map(each => each.transitionProperty || each.animationName)
  .concat([...new Set([...document.querySelectorAll('body *')].map(each => each.className))].flatMap(name => {
    const each = typeof name === 'string' && name && document.getElementsByClassName(name)[0];
    const style = each && getComputedStyle(each);
    return style && (parseFloat(style.transitionDuration) > 0.01 || style.animationName !== 'none') ? [name] : [];
  }))"""


def _axe(page: Page, rules: tuple[str, ...]) -> list[str]:
    if not page.evaluate("typeof axe === 'object'"):
        page.add_init_script(AXE_SCRIPT)  # Every page after this one has it; sending it anew takes as long as looking.
        page.evaluate(AXE_SCRIPT)
    return cast(list[str], page.evaluate(RUN_AXE, list(rules)))


def findings(page: Page, address: str, sight: str, rules: tuple[str, ...] = ()) -> list[str]:
    """What axe finds on the page as it stands."""
    return [f"{address} ({sight}) {each}" for each in _axe(page, rules)]


def unnamed(page: Page) -> list[str]:
    """Controls without a name in the accessibility tree, as a screen reader is given it."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        node["role"]["value"]
        for node in nodes
        if not node.get("ignored") and node.get("role", {}).get("value") in NEED_A_NAME and not node.get("name", {}).get("value")
    ]


def show_as(page: Page, sight: Sight) -> None:
    """The same page in another window and theme."""
    page.set_viewport_size(sight.size)
    page.emulate_media(color_scheme="dark" if sight.dark else "light", reduced_motion="reduce")


def sideways(page: Page, address: str) -> list[str]:
    """Windows in which the page itself scrolls to the side."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    window = page.viewport_size
    assert window is not None
    return [f"{address}: scrolls sideways in a window of {window['width']} px, {wide} px wide"] if wide > window["width"] else []


def looked_over(page: Page, address: str) -> list[str]:
    """What is wrong with the page as it stands, in every sight, with menus and what is folded away open. It is spent afterwards."""
    page.eval_on_selector_all("details", "all => all.forEach(each => { each.open = true; })")
    wrong = [f"{address}: two things are called {each}" for each in page.evaluate(TWICE)]
    wrong += [f"{address}: moves though less motion is asked for: {each}" for each in page.evaluate(MOVING)]
    levels = page.evaluate(HEADINGS)
    if levels.count(1) != 1 or any(later > earlier + 1 for earlier, later in pairwise(levels)):
        wrong.append(f"{address}: headings {levels}")
    for size in (*NARROW, PHONE, DESK):
        page.set_viewport_size(size)
        wrong += sideways(page, address)
        wrong += [
            f"{address} ({size['width']}): a {role} without a name" for role in (unnamed(page) if size in (PHONE, DESK) else ())
        ]
    page.evaluate(ALIKE)
    page.emulate_media(forced_colors="active")
    wrong += [f"{address}: nothing marks it without colours: {each}" for each in page.evaluate(UNMARKED)]
    page.emulate_media(forced_colors="none")
    for sight in SIGHTS:
        show_as(page, sight)
        wrong += findings(page, address, sight.name, sight.rules)
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    return wrong


def look_over(page: Page, address: str) -> list[str]:
    """Goes there, and says what is wrong with the page in every sight."""
    answer = page.goto(address)
    wrong = [] if answer is not None and answer.status < 500 else [f"{address}: does not answer"]
    return wrong + looked_over(page, address)

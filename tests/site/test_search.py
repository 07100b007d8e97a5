"""Search in a real browser finds exactly the records whose text holds the words, at once after every publish."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import full_build
from moderation.press.searching import compact_search
from portal.core.public_record import Block, Fact, PublicRecord, Section
from portal.site import search, search_base, search_text
from portal.site.catalogue import row_of
from tests.effort import times
from tests.moderation.press.conftest import builder, hand_written, paths
from tests.site.records import at, one_of_each, record, salt_of

__all__ = ["builder", "hand_written", "paths"]

WORDS = "料场扬尘北渠直排口封堵县住建局石子夜间作业罚款某某公司ABC２０２６年第12号污染废水"


def some(number: int, chance: random.Random) -> Any:
    text = "".join(chance.choice(WORDS) for _ in range(120))
    section = Section("a", "经过", (Block(prose=f"{text[:60]}\n\n**{text[60:]}**"),))
    kind = chance.choice(["rectification", "exposure", "notice"])
    return record(f"zj-{number:04d}", kind, title=text[:12], facts=(Fact("要点", text[20:40]),), sections=(section,))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site(paths: PressPaths, builder: Callable[[PressPaths, Path], None]) -> Iterator[tuple[Press, str]]:
    chance = random.Random(7)
    press = Press(paths)
    press.publish([*one_of_each(), *(some(number, chance) for number in range(60))])
    full_build(paths, press=press, builder=builder)
    assert compact_search(press)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(paths.current)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield press, f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def ask(site: tuple[Press, str], browser: Any) -> Iterator[Callable[..., list[str]]]:
    page = browser.new_page()
    page.goto(f"{site[1]}verify/")
    page.add_script_tag(url=f"{site[1]}assets/search.js")

    def asked(words: str, **filters: str) -> list[str]:
        script = """async ([base, words, filters]) => {
            const answer = await new RecordSearch(base).find(words, filters);
            const hits = await answer.take(10000);
            return [hits.map(hit => hit.id), answer.exact ? answer.total : hits.length];
        }"""
        ids, total = page.evaluate(script, [site[1], words, filters])
        assert len(ids) == total
        return sorted(ids)

    yield asked
    page.close()


def truth(press: Press, words: str, kind: str = "") -> list[str]:
    """A plain look through every public record's text."""
    found = []
    for path in press.paths.records.rglob("*.json"):
        made = PublicRecord.from_json(path.read_bytes())
        if not made.is_withdrawn and search_text.folded(words) in search_text.text_of(made) and kind in ("", made.kind):
            found.append(made.id)
    return sorted(found)


@pytest.mark.browser
def test_answers_equal_a_plain_look_through_everything(site: tuple[Press, str], ask: Callable[..., list[str]]) -> None:
    press, chance = site[0], random.Random(3)
    texts = [search_text.text_of(PublicRecord.from_json(path.read_bytes())) for path in press.paths.records.rglob("*.json")]
    questions = ["扬尘", "abc", "2026", "１２", "D3HA2026", "没有这样的话", "北渠", "不在"]
    for _ in range(60):
        text = chance.choice(texts)
        start = chance.randrange(max(1, len(text) - 8))
        questions.append(text[start : start + chance.randrange(2, 8)])

    for words in questions:
        if "\n" not in words and len(search_text.folded(words).replace(" ", "")) >= 2:
            assert ask(words) == truth(press, words), words


@pytest.mark.browser
def test_a_filter_leaves_just_its_kind(site: tuple[Press, str], ask: Callable[..., list[str]]) -> None:
    assert ask("扬尘", kind="exposure") == truth(site[0], "扬尘", "exposure")
    assert ask("扬尘", year="1999") == []


@pytest.mark.browser
def test_any_filters_together_without_words_list_everything_that_has_them(
    site: tuple[Press, str], ask: Callable[..., list[str]]
) -> None:
    press = site[0]
    made = [PublicRecord.from_json(path.read_bytes()) for path in press.paths.records.rglob("*.json")]
    wanted = [each for each in made if each.kind == "exposure" and each.region.name == "青石镇" and each.status is not None]

    found = ask("", kind="exposure", region="青石镇", state=wanted[0].status.word if wanted[0].status else "")

    assert found == sorted(each.id for each in wanted if each.status == wanted[0].status)
    assert ask("", unit=made[0].unit) == sorted(each.id for each in made if each.unit == made[0].unit)


@pytest.mark.browser
def test_a_publish_a_correction_and_a_withdrawal_are_found_and_lost_at_once_and_after_compaction(
    site: tuple[Press, str], ask: Callable[..., list[str]]
) -> None:
    press = site[0]
    old = PublicRecord.from_json(press.paths.record("rectification", "zj-2026-03-001").read_bytes())
    press.publish([record("zj-new", title="独一无二的新记录")])
    press.publish([old.revised(reason="更正", at=at(date(2026, 11, 22)), salt=salt_of(old.id, 2), title="改过的标题很特别")])
    assert ask("独一无二") == ["zj-new"]
    assert ask("改过的标题很特别") == [old.id]
    gone = PublicRecord.from_json(press.paths.record("letter-batch", "letters-2026-09").read_bytes())
    assert gone.id in ask("料场夜间")
    press.publish([gone.withdrawn(reason="撤回", at=at(date(2026, 11, 23)), salt=salt_of(gone.id, 2))])
    assert gone.id not in ask("料场夜间")

    assert compact_search(press)

    live = press.paths.live()
    assert live is not None
    assert gone.id.encode() not in b"".join(path.read_bytes() for path in (live / "search").rglob("*") if path.is_file())
    assert ask("独一无二") == ["zj-new"]
    assert gone.id not in ask("料场夜间")


@pytest.mark.browser
def test_the_search_page_shows_words_in_context(site: tuple[Press, str], browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"{site[1]}verify/")
    page.set_content(f"""<base href="{site[1]}search/"><form class="search-page" data-base="../" data-kinds='{{}}'>
        <input name="q" value="直排口"><input name="kind"></form><p class="search-said"></p><ol class="search-hits"></ol>
        <button class="search-more" hidden></button>""")
    page.add_script_tag(url=f"{site[1]}assets/search.js")
    page.add_script_tag(url=f"{site[1]}assets/search-page.js")
    page.wait_for_selector(".search-hits li")

    assert "直排口" in page.inner_text(".search-hits mark >> nth=0")
    assert "找到" in page.inner_text(".search-said")
    page.close()


@pytest.mark.browser
def test_materials_own_box_is_answered_by_our_worker(site: tuple[Press, str], browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"{site[1]}verify/")

    found = page.evaluate(
        """base => new Promise(done => {
            const worker = new Worker(base + "assets/javascripts/workers/search.a7633da7.min.js");
            worker.onmessage = event => event.data.type === 1
                ? worker.postMessage({type: 2, data: "直排口"}) : done(event.data.data.items.map(item => item[0].location));
            worker.postMessage({type: 0, data: {}});
        })""",
        site[1],
    )

    assert "records/rectification/zj-2026-03-001/" in found
    page.close()


def test_the_worker_has_the_name_material_asks_for() -> None:
    import material

    theme = Path(material.__file__).parent / "templates" / "assets" / "javascripts" / "workers"
    ours = Path(__file__).parents[2] / "build" / "theme" / "assets" / "javascripts" / "workers"

    assert [path.name for path in ours.glob("search.*.js")] == [path.name for path in theme.glob("search.*.js")]


@pytest.mark.browser
def test_a_common_word_asks_for_few_files_at_once_and_again_when_one_fails(site: tuple[Press, str], browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"{site[1]}verify/")
    page.add_script_tag(url=f"{site[1]}assets/search.js")

    ids, most, refused = page.evaluate(
        """async base => {
            const really = window.fetch, tried = new Set();
            let running = 0, most = 0, refused = 0;
            window.fetch = async (path, how) => {
                running += 1;
                most = Math.max(most, running);
                try {
                    await new Promise(done => setTimeout(done, 5));
                    const fresh = !tried.has(path);
                    tried.add(path);
                    if (fresh && tried.size % 7 === 0) { refused += 1; throw new TypeError("Failed to fetch"); }
                    return await really(path, how);
                } finally { running -= 1; }
            };
            const answer = await new RecordSearch(base).find("要点", {}), hits = await answer.take(10000);
            return [hits.map(hit => hit.id).sort(), most, refused];
        }""",
        site[1],
    )

    assert ids == truth(site[0], "要点")
    assert len(ids) > 20
    assert most <= 16
    assert refused > 3
    page.close()


@pytest.mark.browser
def test_a_question_asked_while_the_base_is_replaced_is_answered_from_the_new_one(site: tuple[Press, str], browser: Any) -> None:
    press, base = site
    page = browser.new_page()
    page.goto(f"{base}verify/")
    page.add_script_tag(url=f"{base}assets/search.js")
    old = page.evaluate("async base => (await fetch(base + 'search/index.json')).text()", base)
    gone = PublicRecord.from_json(press.paths.record("letter-batch", "letters-2026-09").read_bytes())
    press.publish([gone.withdrawn(reason="撤回", at=at(date(2026, 11, 23)), salt=salt_of(gone.id, 2))])
    assert compact_search(press)

    ids = page.evaluate(
        """async ([base, old]) => {
            const really = window.fetch;
            let first = true;
            window.fetch = (path, how) => {
                if (first && path.endsWith("index.json")) { first = false; return Promise.resolve(new Response(old)); }
                return really(path, how);
            };
            const answer = await new RecordSearch(base).find("扬尘", {}), hits = await answer.take(10000);
            return hits.map(hit => hit.id).sort();
        }""",
        [base, old],
    )

    assert ids == truth(press, "扬尘")
    page.close()


# ---- the base ----


def base_of(press: Press) -> dict[str, bytes]:
    live = press.paths.live()
    assert live is not None
    return {path.relative_to(live).as_posix(): path.read_bytes() for path in (live / "search").rglob("*") if path.is_file()}


@pytest.mark.parametrize("seed", range(times(3, 40)))
def test_however_a_base_came_about_the_same_records_make_the_same_bytes(
    seed: int, paths: PressPaths, builder: Callable[[PressPaths, Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_base, "BLOCK", 16)
    monkeypatch.setattr(search, "MOST_DELTA", 0)
    chance, press = random.Random(seed), Press(paths)
    known = {made.id: made for made in (some(number, chance) for number in range(60))}
    press.publish(list(known.values()))
    full_build(paths, press=press, builder=builder)
    assert compact_search(press)
    for step in range(8):
        _one_act(press, known, chance, step)
        assert compact_search(press)
    grown = base_of(press)

    monkeypatch.setattr(search_base, "MOST_TOUCHED", -1)
    index = search.read_index(paths.current)
    assert index is not None
    _, catalogue = press.ready()
    rows = list(catalogue.rows.in_order())
    afresh = paths.scratch / "afresh"
    before = (index, paths.current / "search" / index["base"])
    search_base.make_base(afresh, rows, index["log_size"], lambda row: known[row.id].canonical(), old=before)

    assert {f"search/{index['base']}/{path.name}": path.read_bytes() for path in afresh.iterdir()} == {
        path: data for path, data in grown.items() if "/base-" in path
    }
    assert sorted(path for path in grown if "/base-" in path) == sorted(search_base.base_files(index))


def _one_act(press: Press, known: dict[str, PublicRecord], chance: random.Random, step: int) -> None:
    """A new record, or a correction or withdrawal of an old one."""
    old = known[chance.choice([identity for identity, made in known.items() if not made.is_withdrawn])]
    moment, salt = old.updated_at + timedelta(days=1), salt_of(old.id, old.revision + 1)
    made = (
        some(100 + step, chance),
        old.revised(reason="更正", at=moment, salt=salt, title=f"改过的{step}"),
        old.withdrawn(reason="撤回", at=moment, salt=salt),
    )[chance.randrange(3)]
    known[made.id] = made
    press.publish([made])


def test_only_the_blocks_in_which_something_changed_are_read_again(
    paths: PressPaths, builder: Callable[[PressPaths, Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_base, "BLOCK", 16)
    chance, press = random.Random(1), Press(paths)
    made = [some(number, chance) for number in range(60)]
    press.publish(made)
    full_build(paths, press=press, builder=builder)
    assert compact_search(press)
    press.publish([made[20].withdrawn(reason="撤回", at=at(date(2026, 11, 23)), salt=salt_of(made[20].id, 2))])
    read: list[str] = []
    text_of_bytes = search_text.text_of_bytes

    def noted(data: bytes) -> str:
        read.append(PublicRecord.from_json(data).id)
        return text_of_bytes(data)

    monkeypatch.setattr(search_base, "text_of_bytes", noted)

    assert compact_search(press)

    assert read == [made[number].id for number in range(16, 32) if number != 20]


def test_the_same_records_make_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    code = """if True:
        import hashlib, pathlib, random, sys
        from portal.site import search_base
        from tests.site.test_search import rows_and_bytes
        rows, read = rows_and_bytes()
        folder = pathlib.Path(sys.argv[1])
        search_base.make_base(folder, rows, 20, read)
        print(hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.iterdir()))).hexdigest())
    """
    said = {
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / seed)],
            env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip

    assert len(said) == 1


def rows_and_bytes() -> tuple[list[Any], Callable[[Any], bytes]]:
    chance = random.Random(5)
    made = [some(number, chance) for number in range(20)]
    data = {each.id: each.canonical() for each in made}
    rows = [row_of(each, first_index=number, index=number, commitment="0" * 64) for number, each in enumerate(made)]
    return rows, lambda row: data[row.id]


# ---- the words ----


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert search_text.folded(search_text.folded(text)) == search_text.folded(text) or "İ" in text or not text.isprintable()


def _slowly_folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).lower()
    return " ".join("".join(each for each in plain if each not in "*_`#>|").split())


@given(st.lists(st.text(max_size=30) | st.text(st.sampled_from("扬尘ＡｂΣσ１２，＊#㎡Å\u030a　 \n"), max_size=30), max_size=12))
def test_a_whole_record_is_folded_as_each_of_its_pieces(pieces: list[str]) -> None:
    kept = [piece for piece in pieces if "\0" not in piece]
    canonical = json.dumps({"summary": "", "basis": kept}, ensure_ascii=True).encode()

    assert search_text.text_of_bytes(canonical) == "\n".join(filter(None, map(_slowly_folded, kept)))


@given(st.lists(st.text(st.sampled_from("料场扬尘ab12 \n"), max_size=30), max_size=20))
def test_pairs_are_exactly_the_neighbours(texts: list[str]) -> None:
    for text in texts:
        expected = {ord(one) | ord(other) << 16 for one, other in pairwise(text)}
        assert search_text.pairs_of(text) == expected

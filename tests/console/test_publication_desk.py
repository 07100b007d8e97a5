"""The publication desk in a browser's place: a text goes from a clerk's form to the public page and back down."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
import time_machine
from PIL import Image

from moderation.accountability import exposures
from moderation.accountability.exposures import ExposedCase
from moderation.accountability.polluters import Polluter
from moderation.accountability.words import ExposureState, PenaltyKind
from moderation.demo.stage import SYSTEM, Stage
from moderation.press.paths import PressPaths
from moderation.publication import leak_guard, pressing
from moderation.publication.disclosures import CHECKLIST, Disclosure
from moderation.publication.machine import DisclosureState
from portal.core.vocabulary import RecordKind
from tests.conftest import NOON
from tests.console.desk_client import signed_in_client

TEXT = {
    "title": "北渠直排口封堵情况", "unit": "县住房城乡建设局", "region_code": "990121", "summary": "六处已封堵四处。",
    "body": "## 基本情况\n沿线共有六处。\n[表] 各处\n位置｜状态\n北段｜已封堵\n[/表]", "status_tone": "plain",
}  # fmt: skip
CLEAR = {question.id: "none" for question in CHECKLIST}


def _only(stage: Stage) -> Disclosure:
    with stage.office.office.reading() as session:
        return session.query(Disclosure).one()


def _step(stage: Stage, login: str, verb: str, **more: str) -> str:
    made = _only(stage)
    answer = signed_in_client(stage, login).post(
        f"/publication/{made.id}/step", data={"verb": verb, "seen": str(made.version), **more}, follow_redirects=True
    )
    return answer.text


def _written(stage: Stage, **changes: str) -> Disclosure:
    clerk = signed_in_client(stage, "nigao")
    assert clerk.post("/publication/new/notice", data=TEXT | changes).status_code == 303
    made = _only(stage)
    clerk.post(f"/publication/{made.id}/checklist", data=CLEAR)
    return made


def _signed(stage: Stage, **changes: str) -> Disclosure:
    _written(stage, **changes)
    clerk = (("nigao", "hand_in"), ("nigao", "redacted"))
    for login, verb in (*clerk, ("shengao1", "pass"), ("shengao2", "pass"), ("qianfa", "sign")):
        _step(stage, login, verb)
    leak_guard.compare_with_sealed(stage.office, NOON)
    return _only(stage)


def test_a_text_goes_through_four_desks_to_the_site_and_is_corrected_and_withdrawn(stage: Stage) -> None:
    pressing.build_whole_site(stage.office, lambda what, done, total: None)
    made = _signed(stage)
    assert made.state is DisclosureState.SIGNED

    _step(stage, "fabu", "publish")
    pressing.press_queue(stage.office, NOON)

    live = PressPaths(stage.office.data).live()
    assert live is not None
    page = live / "records" / "notice" / made.id / "index.html"
    assert "已封堵" in page.read_text(encoding="utf-8")
    clerk = signed_in_client(stage, "nigao")
    clerk.post(f"/publication/{made.id}/correct", data={"text": "数字写错"})
    clerk.post(f"/publication/{made.id}/edit", data=TEXT | {"summary": "六处已封堵五处。", "seen": str(_only(stage).version)})
    compared = clerk.get(f"/publication/{made.id}/difference").text
    assert "<del>四</del>" in compared
    assert "<ins>五</ins>" in compared
    signed_in_client(stage, "qianfa").post(f"/publication/{made.id}/withdraw", data={"text": "所依据的决定已撤销"})
    pressing.press_queue(stage.office, NOON)
    assert "北渠" not in page.read_text(encoding="utf-8")


def test_the_preview_is_the_real_page_at_its_real_depth_in_a_frame_of_ours_only(stage: Stage) -> None:
    pressing.build_whole_site(stage.office, lambda what, done, total: None)
    made = _written(stage)
    clerk = signed_in_client(stage, "nigao")

    answer = clerk.get(f"/publication/{made.id}/preview/", follow_redirects=True)

    assert answer.request.path == f"/publication/{made.id}/preview/records/notice/{made.id}/"
    assert "沿线共有六处" in answer.text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    style = re.search(r'href="((?:\.\./)+[^"]+\.css)', answer.text)
    assert style
    assert clerk.get(f"/publication/{made.id}/preview/records/notice/{made.id}/{style[1]}").status_code == 200
    assert "frame-src 'self'" in clerk.get(f"/publication/{made.id}").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["../../keys/staff.key", "..%2f..%2fkeys/publication-log.pem", "media/../../keys/staff.key", "index.html"]
)
def test_the_preview_shows_no_file_beside_the_site(stage: Stage, path: str) -> None:
    pressing.build_whole_site(stage.office, lambda what, done, total: None)
    made = _written(stage)

    assert signed_in_client(stage, "nigao").get(f"/publication/{made.id}/preview/{path}").status_code == 404


def test_a_form_with_a_mistake_comes_back_full_and_says_where(stage: Stage) -> None:
    answer = signed_in_client(stage, "nigao").post("/publication/new/notice", data=TEXT | {"body": "没有小标题的话"})

    assert answer.status_code == 422
    assert "请先写一个小标题" in answer.text
    assert "没有小标题的话" in answer.text
    assert "北渠直排口封堵情况" in answer.text


def test_two_clerks_at_once_and_the_second_keeps_their_words(stage: Stage) -> None:
    made = _written(stage)
    clerk = signed_in_client(stage, "nigao")
    seen = str(_only(stage).version)
    clerk.post(f"/publication/{made.id}/edit", data=TEXT | {"title": "先改的", "seen": seen})

    answer = clerk.post(f"/publication/{made.id}/edit", data=TEXT | {"title": "后改的", "seen": seen})

    assert answer.status_code == 409
    assert "后改的" in answer.text
    assert _only(stage).title == "先改的"


def test_a_phone_number_is_marked_and_holds_the_text(stage: Stage) -> None:
    _written(stage, summary="有事请打 13912345678")
    _step(stage, "nigao", "hand_in")

    said = _step(stage, "nigao", "redacted")

    assert leak_guard.MESSAGE in said
    assert "<mark>13912345678</mark>" in said
    assert _only(stage).state is DisclosureState.REDACTION


def test_many_are_passed_at_once_and_the_held_one_is_named(stage: Stage) -> None:
    clerk = signed_in_client(stage, "nigao")
    for number in range(5):
        summary = "13912345678" if number == 3 else "好"
        clerk.post("/publication/new/notice", data=TEXT | {"title": f"稿{number}", "summary": summary})
    with stage.office.office.reading() as session:
        chosen = [made.id for made in session.query(Disclosure)]
    for verb in ("clear", "hand_in", "redacted"):
        answer = clerk.post("/publication/bulk", data={"chosen": chosen, "verb": verb}, follow_redirects=True)

    assert "已办 4 件" in answer.text
    assert leak_guard.MESSAGE in answer.text
    with stage.office.office.reading() as session:
        assert session.query(Disclosure).filter_by(state=DisclosureState.FIRST_REVIEW).count() == 4


def test_a_paper_signature_is_entered_by_another_with_its_scan(stage: Stage) -> None:
    made = _written(stage)
    for login, verb in (("nigao", "hand_in"), ("nigao", "redacted")):
        _step(stage, login, verb)
    signer = stage.cast["shengao1"].id
    form = {"signer": signer, "verb": "pass", "text": "同意"}
    client = signed_in_client(stage, "fabu")

    client.post(f"/publication/{made.id}/paper", data=form)
    assert _only(stage).state is DisclosureState.FIRST_REVIEW
    client.post(f"/publication/{made.id}/paper", data={**form, "scan": (io.BytesIO(b"<html>signed</html>"), "签字.pdf")})
    assert _only(stage).state is DisclosureState.FIRST_REVIEW, "a scan is a picture or a PDF"
    client.post(f"/publication/{made.id}/paper", data={**form, "scan": (io.BytesIO(b"%PDF-1.7 scan"), "签字.pdf")})

    assert _only(stage).state is DisclosureState.SECOND_REVIEW
    page = client.get(f"/publication/{made.id}").text
    assert "纸面签字，孙发布录入" in page
    scan = re.search(rf'href="(/publication/{made.id}/paper/\w+)"', page)
    assert scan
    given = signed_in_client(stage, "qianfa").get(scan[1])
    assert (given.data, given.mimetype) == (b"%PDF-1.7 scan", "application/pdf")
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert client.get(f"/publication/{made.id}/paper/nothing").status_code == 404


@pytest.mark.parametrize("ending", ["docx", "xlsx", "html", "txt"])
def test_a_text_goes_out_in_every_form_other_media_take(stage: Stage, ending: str) -> None:
    made = _written(stage)

    answer = signed_in_client(stage, "nigao").get(f"/publication/{made.id}/file/{ending}")

    assert answer.status_code == 200
    assert len(answer.data) > 100


@pytest.mark.parametrize("kind", list(RecordKind))
def test_every_kind_has_a_form(stage: Stage, kind: RecordKind) -> None:
    assert signed_in_client(stage, "nigao").get(f"/publication/new/{kind.value}").status_code == 200


def test_every_tab_counts_what_it_lists_and_an_empty_one_says_so(stage: Stage) -> None:
    _written(stage)
    client = signed_in_client(stage, "nigao")

    page = client.get("/publication/?tab=mine").text
    assert page.count('name="chosen"') == 1
    assert re.search(r'tab=mine" aria-current="page">待我处理 <span class="num">1<', page)
    assert "这里现在没有稿子" in client.get("/publication/?tab=public").text


def test_the_health_of_the_site_stands_on_a_page(stage: Stage) -> None:
    assert "网站还没有生成" in signed_in_client(stage, "nigao").get("/publication/health").text


# ---- pictures, deputies, the page while it is written ----


def _photo(**exif: str) -> bytes:
    picture = Image.new("RGB", (640, 480), (90, 120, 90))
    facts = Image.Exif()
    facts[0x010E] = exif.get("description", "")
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=facts)
    return out.getvalue()


def _add(stage: Stage, made: Disclosure, data: bytes, words: str, name: str = "photo.jpg") -> str:
    form = {"file": (io.BytesIO(data), name), "words": words, "seen": str(_only(stage).version)}
    return signed_in_client(stage, "nigao").post(f"/publication/{made.id}/file", data=form, follow_redirects=True).text


def test_a_picture_goes_out_without_its_name_and_what_the_camera_wrote(stage: Stage) -> None:
    pressing.build_whole_site(stage.office, lambda what, done, total: None)
    made = _written(stage)
    photo = _photo(description="电话 13912345678")
    assert b"13912345678" in photo

    assert "已加上" in _add(stage, made, photo, "北段排口已用混凝土封堵", "13912345678.jpg")

    file = _only(stage).fields()["sections"][-1]["blocks"][-1]
    assert (file["alt"], file["width"], file["height"]) == ("北段排口已用混凝土封堵", 640, 480)
    clerk = signed_in_client(stage, "nigao")
    shown = clerk.get(f"/publication/{made.id}/preview/records/notice/{made.id}/{file['file']}")
    assert shown.status_code == 200
    assert b"13912345678" not in shown.data
    page = clerk.get(f"/publication/{made.id}/preview/", follow_redirects=True).text
    assert file["file"] in page
    assert "13912345678" not in page


def test_a_picture_without_words_for_it_is_refused(stage: Stage) -> None:
    made = _written(stage)

    assert "请写清楚图片上是什么" in _add(stage, made, _photo(), "  ")
    assert "只能加照片" in _add(stage, made, b"MZ not a picture", "排口")
    assert "blocks" not in str(_only(stage).fields()["sections"][-1].get("file", ""))
    assert _only(stage).version == made.version


def test_a_name_in_the_words_of_a_picture_holds_the_text(stage: Stage) -> None:
    made = _written(stage)
    _add(stage, made, _photo(), "李老板在排口旁")
    page = signed_in_client(stage, "nigao").get(f"/publication/{made.id}").text

    assert leak_guard.MESSAGE in page
    assert "正文第 1 节 替代文字" in page


def test_a_text_is_seen_before_it_was_ever_saved_and_while_it_is_written(stage: Stage) -> None:
    pressing.build_whole_site(stage.office, lambda what, done, total: None)
    clerk = signed_in_client(stage, "nigao")

    answer = clerk.post("/publication/new/notice/preview", data=TEXT)

    assert "沿线共有六处" in answer.text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert clerk.post("/publication/new/notice/preview", data=TEXT | {"body": "没有小标题", "live": "1"}).status_code == 204
    assert "请先写一个小标题" in clerk.post("/publication/new/notice/preview", data=TEXT | {"body": "没有小标题"}).text
    with stage.office.office.reading() as session:
        assert session.query(Disclosure).count() == 0


def test_any_page_of_the_console_may_come_to_hold_the_preview(stage: Stage) -> None:
    """Links change only the inside of the page, so that the policy of the first page stays."""
    policy = signed_in_client(stage, "nigao").get("/").headers["Content-Security-Policy"]

    assert "frame-src 'self'" in policy


def test_a_deputy_says_whose_place_they_take(stage: Stage) -> None:
    made = _written(stage)
    for login, verb in (("nigao", "hand_in"), ("nigao", "redacted")):
        _step(stage, login, verb)
    assert "代哪一位审" in signed_in_client(stage, "shengao1").get(f"/publication/{made.id}").text

    _step(stage, "shengao1", "pass", deputy_for=stage.cast["shengao1"].id)
    assert _only(stage).state is DisclosureState.FIRST_REVIEW
    said = _step(stage, "shengao1", "pass", deputy_for=stage.cast["shengao2"].id)

    assert _only(stage).state is DisclosureState.SECOND_REVIEW
    assert f"代{stage.cast['shengao2'].name}" in said


def test_the_administrator_sets_two_reviews_and_every_page_says_so(stage: Stage) -> None:
    made = _written(stage)
    admin, clerk = signed_in_client(stage, "guanli"), signed_in_client(stage, "nigao")
    assert "三审" in clerk.get(f"/publication/{made.id}").text

    assert clerk.post("/publication/rules", data={"reviews": "2", "wording": ""}).status_code == 403
    admin.post("/publication/rules", data={"reviews": "2", "wording": "甲乙｜丙丁｜规范"})

    assert "两审（本单位的设置）" in clerk.get(f"/publication/{made.id}").text
    assert "甲乙｜丙丁｜规范" in clerk.get("/publication/rules").text
    assert "第 1 行" in admin.post("/publication/rules", data={"reviews": "2", "wording": "甲"}, follow_redirects=True).text


# ---- remarks beside the text ----


def _in_review(stage: Stage, **changes: str) -> Disclosure:
    _written(stage, **changes)
    for verb in ("hand_in", "redacted"):
        _step(stage, "nigao", verb)
    return _only(stage)


def test_a_reviewer_writes_a_remark_beside_its_passage_and_the_drafter_answers_it(stage: Stage) -> None:
    made = _in_review(stage)
    place = "sections.0.blocks.0.prose.0"
    reviewer, clerk = signed_in_client(stage, "shengao1"), signed_in_client(stage, "nigao")
    address = f"/publication/{made.id}/remarks"
    assert f"at={place}" in reviewer.get(address).text
    assert "data-remark" not in clerk.get(address).text

    form = {"place": place, "seen": str(made.version), "words": "写明哪六处"}
    refused = reviewer.post(address, data=form | {"passage": "七处"})
    assert refused.status_code == 422
    assert "没有这几个字" in refused.text
    assert "写明哪六处" in refused.text
    assert reviewer.post(address, data=form | {"passage": "六处"}).status_code == 303

    assert re.search(r"沿线共有<mark>六处<sup>1</sup></mark>。", clerk.get(address).text)
    assert "还有 1 处批注没有了结" in _step(stage, "shengao1", "pass")
    assert "已办" in _step(stage, "shengao1", "send_back")
    note = _only(stage).id
    with stage.office.office.reading() as session:
        note = session.query(Disclosure).one().notes[0].id
    clerk.post(
        f"/publication/{made.id}/edit", data=TEXT | {"body": "## 基本情况\n北段四个、南段两个。", "seen": str(_only(stage).version)}
    )
    assert "原文已改" in clerk.get(address).text
    clerk.post(f"{address}/{note}/answer", data={"answer": "已逐处写明"})

    page = signed_in_client(stage, "shenji").get(address).text
    assert "已逐处写明" in page
    assert "处，还没有了结 0 处" in re.sub(r"\s+", " ", page)


def test_a_remark_on_a_text_that_changed_meanwhile_is_not_lost(stage: Stage) -> None:
    made = _in_review(stage)
    reviewer = signed_in_client(stage, "shengao1")

    answer = reviewer.post(
        f"/publication/{made.id}/remarks", data={"place": "summary", "words": "补日期", "seen": str(made.version - 1)}
    )

    assert answer.status_code == 409
    assert "补日期" in answer.text


def test_the_preview_is_the_page_that_is_published_but_for_its_mark_of_the_log(stage: Stage) -> None:
    pressing.build_whole_site(stage.office, lambda what, done, total: None)
    made = _signed(stage)
    with time_machine.travel(NOON, tick=False):
        seen = signed_in_client(stage, "nigao").get(f"/publication/{made.id}/preview/", follow_redirects=True).data
        _step(stage, "fabu", "publish")
    pressing.press_queue(stage.office, NOON)
    live = PressPaths(stage.office.data).live()
    assert live is not None
    page = (live / "records" / "notice" / made.id / "index.html").read_bytes()

    differing = [(one, other) for one, other in zip(seen.splitlines(), page.splitlines(), strict=True) if one != other]
    for one, other in differing:
        assert b"0000" in one, one
        assert _without_mark(one) == _without_mark(other)
    assert len(differing) <= 2


def test_the_preview_of_a_correction_says_why_and_only_this_rounds_reviews_count(stage: Stage) -> None:
    pressing.build_whole_site(stage.office, lambda what, done, total: None)
    made, clerk = _signed(stage), signed_in_client(stage, "nigao")
    assert 'name="publish_at"' in clerk.get(f"/publication/{made.id}").text
    assert 'name="publish_at"' not in signed_in_client(stage, "shengao1").get(f"/publication/{made.id}").text
    _step(stage, "fabu", "publish")
    clerk.post(f"/publication/{made.id}/correct", data={"text": "封堵的处数写错"})
    clerk.post(f"/publication/{made.id}/edit", data=TEXT | {"summary": "六处已封堵五处。", "seen": str(_only(stage).version)})

    seen = clerk.get(f"/publication/{made.id}/preview/", follow_redirects=True).text
    typed = clerk.post(f"/publication/{made.id}/preview", data=TEXT | {"summary": "六处已封堵五处。"}).text
    for page in (seen, typed):
        assert "<b>更正</b>" in page
        assert "：封堵的处数写错" in page
        assert "历次版本（2）" in page
    desk = clerk.get(f"/publication/{made.id}").text
    assert "这一稿还没有人审过。" in desk
    assert desk.index("以前各轮") < desk.index("<b>终审</b>")
    signed_in_client(stage, "qianfa").post(f"/publication/{made.id}/withdraw", data={"text": "所依据的决定已撤销"})
    assert "封堵" not in re.sub("<title>.*?</title>", "", clerk.get(f"/publication/{made.id}/preview/", follow_redirects=True).text)


def _without_mark(line: bytes) -> bytes:
    """The line without number and digest of its leaf in the log."""
    return re.sub(rb"[0-9a-f]{4,64}|\d+", b"#", line)


def test_the_page_says_by_which_clauses_its_day_was_counted(stage: Stage) -> None:
    made = _written(stage)
    clerk = signed_in_client(stage, "nigao")
    page = clerk.get(f"/publication/{made.id}").text
    assert re.search(r"形成之日 \d{4}-\d\d-\d\d \+ 20 个工作日", page)
    assert "政府信息公开条例 第二十六条；同一条写明是工作日" in page

    with stage.office.office.transaction() as session:
        polluter = Polluter(id="p1", name="云岭县某某石料厂", region_code="990121")
        exposed = ExposedCase(
            id="e1", polluter=polluter, title="案", facts_text="", law="", unit_name="", region_code="990121",
            state=ExposureState.DRAFT, rectified_text="",
        )  # fmt: skip
        session.add(exposed)
        penalty = exposures.add_penalty(
            session, exposed, PenaltyKind.ORDER, document="云环改〔2026〕1号", decided_on=date(2026, 9, 1), by=SYSTEM, at=NOON
        )
        exposures.quash_penalty(session, exposed, penalty, on=date(2026, 9, 30), reason="复议撤销", by=SYSTEM, at=NOON)
        exposed.state = ExposureState.PUBLISHED
        found = session.get_one(Disclosure, made.id)
        found.source_kind, found.source_id, found.live_revision = "exposed_case", "e1", 1

    page = clerk.get(f"/publication/{made.id}").text
    assert "2026年10月10日前撤下" in page
    assert "撤销之日 2026-09-30 + 3 个工作日，扣除节假日 5 日，含调休上班 1 日" in page
    assert "行政处罚法 第四十八条；行政处罚法 第八十五条：二日、三日、五日、七日都是工作日" in page
    case = signed_in_client(stage, "wenze").get("/accountability/exposures/e1").text
    assert "扣除节假日 5 日，含调休上班 1 日（行政处罚法 第四十八条；行政处罚法 第八十五条" in case

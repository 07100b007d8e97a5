"""The reward desks over HTTP: proposer, approver, payer, auditor and administrator, each with their own pages."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO

import pytest
from openpyxl import load_workbook

from moderation.console import paging, rewards, rewards_books, rewards_counter
from moderation.rewards import phone_box
from moderation.rewards.codes import in_groups, new_code
from moderation.rewards.machine import RewardState, ShareState
from moderation.rewards.records import Reward, RewardShare
from portal.core.reward_schedule_reader import RULES_DIRECTORY
from portal.core.vocabulary import Channel, IdentityLevel
from tests.console.desk_client import signed_in_client
from tests.moderation.rewards.scenes import Scene

DEMO = (RULES_DIRECTORY / "demo.toml").read_text(encoding="utf-8")
DESKS = ("/rewards/", "/reward-counter/", "/reward-books/ledger", "/reward-books/ledger.xlsx", "/reward-books/reconcile",
         "/reward-books/second-hands", "/reward-books/sample", "/reward-schedules/", "/reward-schedules/new")  # fmt: skip
OPEN = {
    "jiangli": {"/rewards/", "/reward-schedules/"},
    "shenpi": {"/rewards/", "/reward-books/ledger", "/reward-books/ledger.xlsx", "/reward-books/reconcile",
               "/reward-books/second-hands", "/reward-schedules/"},
    "duifu": {"/reward-counter/", "/reward-books/ledger", "/reward-books/ledger.xlsx", "/reward-books/reconcile",
              "/reward-books/second-hands", "/reward-schedules/"},
    "shenji": {"/rewards/", "/reward-books/ledger", "/reward-books/ledger.xlsx", "/reward-books/sample", "/reward-schedules/"},
    "lingdao": {"/rewards/", "/reward-books/ledger", "/reward-books/ledger.xlsx", "/reward-schedules/"},
    "guanli": {"/reward-schedules/", "/reward-schedules/new"},
    "shenhe": set(),
    "zuzhang": set(),
    "chengguan": set(),
}  # fmt: skip


@pytest.fixture
def scene(stage):
    """The county under its invented rule; acts outside the browser are those of its own cast."""
    scene = Scene(stage.office, stage.at)
    phone_box.make_payer_key(stage.office, stage.at)
    scene.adopt()
    return scene


@pytest.fixture
def desk(stage):
    """A browser at somebody's desk."""
    return lambda login: signed_in_client(stage, login)


def sound(page: str) -> None:
    """One h1, labels on inputs, unique ids, no inline script or style."""
    assert len(re.findall(r"<h1[ >]", page)) == 1
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids)), sorted(one for one in ids if ids.count(one) > 1)
    for field in re.findall(r"<(?:input|select|textarea)\s[^>]*>", page):
        if 'type="hidden"' not in field and not re.search(r'type="(?:checkbox|radio)"', field):
            assert f'<label for="{re.search(chr(32) + "id=" + chr(34) + "([^" + chr(34) + "]+)", field)[1]}"' in page, field
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))|\sstyle=|\son[a-z]+=", page)


def today_letter(scene, **more):
    return scene.letter(received=scene.today, closed=scene.today, **more)


def told(scene, **more):
    """An approved share of somebody who was told, by people outside the cast."""
    share = scene.shares(scene.approved(today_letter(scene, sealed=True, **more)))[0]
    scene.work()
    return scene.share(share.id)


@pytest.mark.parametrize("login", OPEN)
def test_each_desk_opens_to_its_own_people_only(scene, desk, login):
    client = desk(login)

    assert {path for path in DESKS if client.get(path).status_code == 200} == OPEN[login]
    assert {client.get(path).status_code for path in DESKS} <= {200, 403}


def test_every_page_is_sound(scene, desk):
    share, letter = told(scene, identity=IdentityLevel.NAMED), today_letter(scene, channel=Channel.PHONE, target="云岭石料")
    payment = scene.pay_named(share.id)
    for login, paths in OPEN.items():
        client = desk(login)
        for path in paths - {"/reward-books/ledger.xlsx"}:
            sound(client.get(path).text)
    sound(desk("jiangli").get(f"/rewards/letters/{letter}/verify").text)
    sound(desk("shenpi").get(f"/rewards/{share.reward_id}").text)
    sound(desk("duifu").get(f"/reward-counter/shares/{share.id}").text)
    sound(desk("duifu").get(f"/reward-counter/payments/{payment.id}").text)


# ---- proposing and approving ---------------------------------------------------------------------------------------


def verify(client, letter, **changes):
    data = {"acts": "building_site_dust", "target": "云岭木业", "place": "东环路 8 号", "proof_0": "system", "reporters_0": "1"}
    return client.post(f"/rewards/letters/{letter}/verify", data={**data, **changes})


def test_a_letter_is_verified_proposed_and_approved_at_three_desks(scene, desk):
    letter = today_letter(scene)
    proposer, approver = desk("jiangli"), desk("shenpi")
    assert f"/rewards/letters/{letter}/verify" in proposer.get("/rewards/").text

    where = verify(proposer, letter).headers["Location"]
    shown = proposer.get(where).text
    assert "第五条第（一）项第 3 目" in shown
    assert ">提出建议</button>" in shown
    assert proposer.post(f"{where}/propose").status_code == 303
    assert proposer.post(f"{where}/approve").status_code == 403
    assert approver.post(f"{where}/approve").status_code == 303

    assert "已审批" in approver.get(where).text
    assert scene.reward(where.rsplit("/", 1)[1]).state is RewardState.APPROVED


def test_what_was_typed_is_kept_when_a_proof_is_missing(scene, desk):
    letter = today_letter(scene, channel=Channel.POST)

    answer = verify(desk("jiangli"), letter, proof_0="postmark", parts_0="3:1", reporters_0="2", place="东环路 9 号")

    assert answer.status_code == 422
    assert "邮戳扫描件编号" in answer.text
    assert 'value="3:1"' in answer.text
    assert "东环路 9 号" in answer.text


@pytest.mark.parametrize("wrong", [{"reporters_0": "两"}, {"reporters_0": "0"}, {"parts_0": "1;x"}, {"acts": ""}])
def test_numbers_that_cannot_be_read_are_explained(scene, desk, wrong):
    assert verify(desk("jiangli"), today_letter(scene), **wrong).status_code == 422


def test_the_same_offence_twice_is_refused_with_its_days(scene, desk):
    client = desk("jiangli")
    verify(client, today_letter(scene))

    answer = verify(client, today_letter(scene))

    assert answer.status_code == 409
    assert "已经认定过" in answer.text


def test_a_letter_about_an_offence_verified_already_joins_its_line(scene, desk):
    client = desk("jiangli")
    where = verify(client, today_letter(scene)).headers["Location"]
    late = today_letter(scene)
    assert "并入这件" in client.get(f"/rewards/letters/{late}/verify").text

    answer = verify(client, late, join=where.rsplit("/", 1)[1])

    assert answer.status_code == 303
    assert "2 件同时" in client.get(where).text
    assert f"/rewards/letters/{late}/verify" not in client.get("/rewards/").text


def test_a_lead_that_was_not_proven_is_found_by_its_number_and_earns_the_clue_award(scene, stage, desk):
    from moderation.casework.letters import Letter
    from portal.core.vocabulary import Verdict

    letter = today_letter(scene, verdict=Verdict.UNSUBSTANTIATED)
    with stage.office.office.transaction() as session:
        session.get_one(Letter, letter).number = "W2026-0001"
    client = desk("jiangli")

    where = client.get("/rewards/find?number=W2026-0001").headers["Location"]
    assert where.endswith(f"/rewards/letters/{letter}/verify")
    assert client.get("/rewards/find?number=W2026-9999").headers["Location"].endswith("/rewards/")
    shown = client.get(verify(client, letter, acts="usable_lead").headers["Location"]).text

    assert "线索有用但没有查实，鼓励 10 元" in shown


def test_an_approver_sends_back_with_a_reason(scene, desk):
    reward_id = scene.proposed(today_letter(scene))
    approver = desk("shenpi")

    empty = approver.post(f"/rewards/{reward_id}/send-back", data={"reason": " "})
    assert empty.status_code == 409
    assert "请写明退回的理由" in empty.text
    approver.post(f"/rewards/{reward_id}/send-back", data={"reason": "先后凭据不清"})

    assert "先后凭据不清" in approver.get(f"/rewards/{reward_id}").text
    assert scene.reward(reward_id).state is RewardState.PENDING


def test_an_unconfirmed_proposal_says_so_and_cannot_be_approved(scene, desk):
    scene.adopt("luoyang-2017", first=scene.today)
    reward_id = scene.proposed(today_letter(scene, identity=IdentityLevel.NAMED), acts=None)
    with scene.office.office.transaction() as session:
        reward = session.get_one(Reward, reward_id)
    assert reward.unconfirmed == ""

    second = scene.proposed(
        scene.letter("sewage_discharge", received=scene.today, closed=scene.today, identity=IdentityLevel.NAMED)
    )
    shown = desk("shenpi").get(f"/rewards/{second}").text
    assert "未核定" in shown
    assert desk("shenpi").post(f"/rewards/{second}/approve").status_code == 409


def test_who_screened_or_proposed_does_not_see_who_collected(scene, desk):
    share = told(scene, identity=IdentityLevel.NAMED)
    scene.pay_named(share.id)

    page = desk("jiangli").get(f"/rewards/{share.reward_id}").text
    for word in ("已领取", "王小明", share.id, "JL2026"):
        assert word not in page
    assert desk("shenhe").get(f"/rewards/{share.reward_id}").status_code == 403


def test_somebody_barred_from_a_letter_sees_nothing_of_its_reward(scene, stage, desk):
    from moderation.casework.letters import BarReason, LetterBar
    from portal.core.ids import new_id

    letter = today_letter(scene)
    reward_id = scene.proposed(letter)
    with stage.office.office.transaction() as session:
        session.add(LetterBar(id=new_id(), letter_id=letter, staff_id=stage.cast["shenpi"].id, reason=BarReason.NAMED))

    assert desk("shenpi").get(f"/rewards/{reward_id}").status_code == 404
    assert desk("shenpi").post(f"/rewards/{reward_id}/approve").status_code == 404
    assert reward_id not in desk("shenpi").get("/rewards/").text


# ---- the counter ---------------------------------------------------------------------------------------------------


def test_a_code_is_looked_up_paid_and_works_no_more(scene, desk):
    share = told(scene)
    code, payer = scene.code_in_mailbox(share.report_id), desk("duifu")

    looked = payer.post("/reward-counter/code", data={"code": code.lower()})
    assert "50" in looked.text
    assert scene.share(share.id).state is ShareState.NOTIFIED
    paid = payer.post("/reward-counter/code/pay", data={"code": code})
    voucher = payer.get(paid.headers["Location"]).text
    assert "JL2026-00001" in voucher
    assert "不具名" in voucher

    again = payer.post("/reward-counter/code/pay", data={"code": code})
    assert again.status_code == 404
    assert "已经用过" in again.text
    assert code not in again.text


@pytest.mark.parametrize("typed", ["", "abc", in_groups(new_code()), "x" * 500], ids=["nothing", "short", "unknown", "long"])
def test_a_wrong_code_is_explained_and_not_shown_again(scene, desk, typed):
    answer = desk("duifu").post("/reward-counter/code", data={"code": typed})

    assert answer.status_code == 422
    assert not typed or f'value="{typed}"' not in answer.text
    sound(answer.text)


def test_a_code_stands_in_no_address(scene, desk):
    code = scene.code_in_mailbox(told(scene).report_id)

    page = desk("duifu").post("/reward-counter/code", data={"code": code}).text

    assert not re.search(rf'(?:href|action)="[^"]*{code[:5]}', page)


def test_a_named_reporter_is_paid_after_the_payer_saw_the_name_once(scene, desk):
    share, payer = told(scene, identity=IdentityLevel.NAMED), desk("duifu")
    assert share.id[:8] in payer.get("/reward-counter/").text
    assert "王小明" not in payer.get(f"/reward-counter/shares/{share.id}").text

    assert "王小明" in payer.post(f"/reward-counter/shares/{share.id}/identity").text
    assert "王小明" not in payer.get(f"/reward-counter/shares/{share.id}").text
    wrong = payer.post(f"/reward-counter/shares/{share.id}/pay", data={"means": "bank_transfer", "reference": ""})
    assert wrong.status_code == 422
    answer = payer.post(f"/reward-counter/shares/{share.id}/pay", data={"means": "bank_transfer", "reference": "YH1"})

    assert answer.status_code == 303
    assert "王小明" not in payer.get(answer.headers["Location"]).text


def test_a_phone_is_charged_from_the_sealed_number(scene, desk):
    share, payer = told(scene), desk("duifu")
    with scene.office.office.transaction() as session:
        session.get_one(RewardShare, share.id).sealed_phone = phone_box.seal_phone(session, "13900002222")
    assert "13900002222" not in payer.get(f"/reward-counter/shares/{share.id}").text

    assert "13900002222" in payer.post(f"/reward-counter/shares/{share.id}/phone").text
    answer = payer.post(f"/reward-counter/shares/{share.id}/pay", data={"means": "phone_credit", "reference": "CZ1"})

    assert answer.status_code == 303
    desk("shenpi").post(f"/reward-books/payments/{scene.payment_of(share.id).id}/reconcile")
    assert scene.share(share.id).sealed_phone is None
    assert payer.post(f"/reward-counter/shares/{share.id}/phone").status_code == 409


def test_a_reporter_without_a_receipt_is_told_by_hand(scene, desk):
    share = scene.shares(scene.approved(today_letter(scene, identity=IdentityLevel.NAMED)))[0]
    payer = desk("duifu")
    assert "要人工通知" in payer.get("/reward-counter/").text

    payer.post(f"/reward-counter/shares/{share.id}/notify")
    payer.post(f"/reward-counter/shares/{share.id}/unreachable", data={"reason": "三次无人接听"})

    shown = scene.share(share.id)
    assert shown.state is ShareState.NOTIFIED
    assert shown.collect_until is not None


def test_what_waits_at_counter_and_books_is_paged_and_nothing_is_left_out(scene, desk, monkeypatch):
    for module in (paging, rewards, rewards_books, rewards_counter):
        monkeypatch.setattr(module, "PAGE", 2)
    shares = {
        told(scene, identity=IdentityLevel.NAMED, place=f"东大路{number}号", target=f"第{number}木器厂").id for number in range(3)
    }
    tray = {today_letter(scene, place=f"西大路{number}号", target=f"第{number}砖厂") for number in range(3)}

    def paged(login, path, line, name="page"):
        found = [re.findall(line, desk(login).get(f"{path}?{name}={number}").text) for number in (1, 2)]
        assert f'href="{path}?{name}=2"' in desk(login).get(path).text.replace("?state=pending&amp;", "?"), path
        assert [len(page) for page in found] == [2, 1], path
        return {each for page in found for each in page}

    assert paged("duifu", "/reward-counter/", r'href="/reward-counter/shares/([0-9a-z]+)"') == shares
    assert paged("jiangli", "/rewards/", r'href="/rewards/letters/([0-9a-z]+)/verify"', "letters") == tray
    for share_id in shares:
        scene.pay_named(share_id)
    found = paged("shenpi", "/reward-books/reconcile", r'action="/reward-books/payments/([0-9a-z]+)/reconcile"')
    assert found == {scene.payment_of(share_id).id for share_id in shares}


def test_an_expired_share_is_reissued_from_the_counter(scene, desk):
    share = scene.shares(scene.approved(today_letter(scene, identity=IdentityLevel.NAMED)))[0]
    scene.notify_by_hand(share.id)
    with scene.office.office.transaction() as session:
        from moderation.rewards import lives, proposals

        found = session.get_one(RewardShare, share.id)
        found.window_provisional = False
        found.collect_until = scene.today.replace(day=1)
        lives.expire(session, found, by=proposals.REPORTER, at=scene.at)

    assert desk("duifu").post(f"/reward-counter/shares/{share.id}/reissue", data={"reason": "住院"}).status_code == 303
    page = desk("shenpi").get("/reward-books/second-hands").text
    request_id = re.search(r"/reward-books/second-hands/(\w+)", page)[1]
    assert desk("duifu").post(f"/reward-books/second-hands/{request_id}", data={"agree": "yes"}).status_code == 403
    assert desk("shenpi").post(f"/reward-books/second-hands/{request_id}", data={"agree": "yes"}).status_code == 303

    assert scene.share(share.id).state is ShareState.NOTIFIED


# ---- the books -----------------------------------------------------------------------------------------------------


def test_a_payment_is_voided_by_two_and_reconciled_by_another(scene, desk, stage):
    share = told(scene, identity=IdentityLevel.NAMED)
    payer, approver = desk("duifu"), desk("shenpi")
    first = scene.pay_named(share.id, by=replace(stage.cast["duifu"]))

    payer.post(f"/reward-books/payments/{first.id}/void", data={"reason": "付错了人"})
    request_id = re.search(r"/reward-books/second-hands/(\w+)", approver.get("/reward-books/second-hands").text)[1]
    approver.post(f"/reward-books/second-hands/{request_id}", data={"agree": "yes"})
    second = scene.pay_named(share.id, by=stage.cast["duifu"])
    assert payer.post(f"/reward-books/payments/{second.id}/reconcile").status_code == 403
    assert approver.post(f"/reward-books/payments/{second.id}/reconcile").status_code == 303

    page = approver.get("/reward-books/ledger").text
    for word in ("审批占用", "兑付", "作废兑付", "核对", "账户"):
        assert word in page
    assert "账不平" not in page


def test_finance_gets_a_workbook_in_which_nothing_is_a_formula(scene, desk):
    share = told(scene, identity=IdentityLevel.NAMED)
    desk("duifu").post(f"/reward-counter/shares/{share.id}/pay", data={"means": "bank_transfer", "reference": "=HYPERLINK(1)"})

    book = load_workbook(BytesIO(desk("duifu").get("/reward-books/ledger.xlsx").data))

    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "=HYPERLINK(1)" in [cell.value for cell in cells]
    assert "f" not in {cell.data_type for cell in cells}


def test_the_auditor_looks_at_unnamed_payments_and_notes_it(scene, desk):
    share = told(scene)
    desk("duifu").post("/reward-counter/code/pay", data={"code": scene.code_in_mailbox(share.report_id)})
    payment, auditor = scene.payment_of(share.id), desk("shenji")
    assert payment.voucher in auditor.get("/reward-books/sample").text
    assert auditor.get(f"/reward-counter/payments/{payment.id}").status_code == 200

    assert auditor.post(f"/reward-books/payments/{payment.id}/sample", data={"note": ""}).status_code == 422
    auditor.post(f"/reward-books/payments/{payment.id}/sample", data={"note": "凭证、签字相符"})

    assert "凭证、签字相符" in auditor.get("/reward-books/sample").text


# ---- adopting ------------------------------------------------------------------------------------------------------


def put_forward(client, **changes):
    data = {"text": DEMO, "document_number": "云环〔2026〕9号", "document_on": "2026-11-01", "first_receipt_on": "2026-12-01"}
    return client.post("/reward-schedules/new", data={**data, **changes}, content_type="multipart/form-data")


def test_a_version_is_put_forward_by_one_and_adopted_by_another(scene, desk):
    first, second = desk("guanli"), desk("guanli2")

    where = put_forward(first).headers["Location"]
    assert first.post(f"{where}/decide", data={"agree": "yes"}).status_code == 403
    assert "同意采用" not in first.get(where).text
    assert "同意采用" in second.get(where).text
    assert second.post(f"{where}/decide", data={"agree": "yes"}).status_code == 303

    assert "云环〔2026〕9号" in second.get("/reward-schedules/").text
    assert second.post(f"{where}/decide", data={"agree": "no", "reason": "x"}).status_code == 409


def test_every_fault_of_a_file_is_listed_with_its_line(scene, desk):
    broken = DEMO.replace("amount_yuan = 50\n", "amount_yuan = 50.5\n").replace('counted = "highest"', 'counted = "both"')

    answer = put_forward(desk("guanli"), text=broken)

    assert answer.status_code == 422
    assert "2 处错误" in answer.text
    assert "tier[1].amount_yuan" in answer.text
    assert "云环〔2026〕9号" in answer.text


def test_a_file_is_uploaded_and_a_ready_set_chosen(scene, desk):
    client = desk("guanli")

    assert put_forward(client, text="", file=(BytesIO(DEMO.encode()), "办法.toml")).status_code == 303
    assert put_forward(client, text="", ready="luoyang-2017").status_code == 303
    binary = put_forward(client, text="", file=(BytesIO(b"\xff\xfe\x00"), "x.toml"))
    assert binary.status_code == 422
    assert "UTF-8" in binary.text


@pytest.mark.parametrize("wrong", [{"document_number": " "}, {"document_on": ""}, {"first_receipt_on": "明天"}])
def test_what_is_missing_is_asked_for_and_the_text_is_kept(scene, desk, wrong):
    answer = put_forward(desk("guanli"), **wrong)

    assert answer.status_code == 422
    assert "yunling-demo" in answer.text


def test_a_version_turned_down_keeps_the_reason(scene, desk):
    where = put_forward(desk("guanli")).headers["Location"]

    assert desk("lingdao").post(f"{where}/decide", data={"agree": "no", "reason": ""}).status_code == 422
    desk("lingdao").post(f"{where}/decide", data={"agree": "no", "reason": "与原文第五条不符"})

    assert "与原文第五条不符" in desk("guanli").get(where).text

"""Every page of one letter × everybody: own unit, joint unit, other unit, named, barred, secret. Real requests."""

from __future__ import annotations

import pytest

from moderation.casework import handling
from moderation.casework.letters import EvidenceRole
from moderation.demo.stage import Stage
from moderation.evidence import evidence_store
from portal.core import clock
from tests.console.desk_client import signed_in_client
from tests.moderation.casework.office_work import STORY, Work

# Pages of a letter. {id}: the letter, {file}: a file of the handling unit.
PAGES = {
    "page": "/letters/{id}",
    "slip": "/letters/{id}/slip",
    "slip as DOCX": "/letters/{id}/slip.docx",
    "file": "/letters/{id}/evidence/{file}",
    "findings": "/letters/{id}/findings",
    "extension": "/letters/{id}/acts/ask-extension",
    "sub-assign": "/letters/{id}/acts/sub-assign",
    "original": "/screening/{id}",
}
# The letter is being handled by 县城管局 (许一鸣) and 县住建局 (宋时雨); its report names 陆远山 of the group and 县水利局.
# 200 opens, 403 the role never does, 404 as if it did not exist, 409 not in this state or not by this unit.
#                        page  slip  docx  file  find  ext   sub   orig
TABLE = {
    "chengguan 主办单位": (200, 200, 200, 200, 200, 200, 409, 403),
    "zhujian 会同单位": (200, 200, 200, 200, 200, 200, 409, 403),
    "nongye 其他单位": (404, 404, 404, 404, 404, 404, 404, 403),
    "shuili 被点名的单位": (404, 404, 404, 404, 404, 404, 404, 403),
    "zuyuan 被点名的组员": (404, 404, 404, 404, 404, 404, 404, 403),
    "zuzhang 组长": (200, 200, 200, 200, 409, 409, 409, 403),
    "shenhe 审核员": (200, 403, 403, 200, 403, 409, 409, 409),
    "duban 督办监察": (200, 200, 200, 200, 403, 409, 409, 403),
    "xuncha 综合巡查": (200, 403, 403, 200, 403, 409, 409, 403),
    "zhenggai 整改推进": (200, 403, 403, 200, 403, 409, 409, 403),
    "wenze 追责问责": (200, 403, 403, 200, 403, 409, 409, 403),
    "lingdao 领导": (200, 403, 403, 200, 403, 409, 409, 403),
    "shenji 审计": (200, 403, 403, 200, 403, 409, 409, 403),
    "jijian 纪检": (404, 403, 403, 404, 403, 404, 404, 403),
    "baoguan 保管员": (403, 403, 403, 403, 403, 403, 403, 403),
    "jiangli 奖励经办": (403, 403, 403, 403, 403, 403, 403, 403),
    "duifu 兑付": (403, 403, 403, 403, 403, 403, 403, 403),
    "nigao 宣传": (403, 403, 403, 403, 403, 403, 403, 403),
    "guanli 管理员": (403, 403, 403, 403, 403, 403, 403, 403),
}


@pytest.fixture
def letter(stage: Stage) -> tuple[str, str]:
    """A letter with a file, at two units."""
    digest = evidence_store(stage.office).put(b"\xff\xd8\xff photo")
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at = clock.now()
        made = work.handling("urban", "housing", story=f"{STORY}找过陆远山和县水利局。")
        file = handling.add_evidence(session, made, digest=digest, name="照片.jpg", kind="image/jpeg", role=EvidenceRole.BEFORE,
                                     by=work.who("chengguan"), at=work.at)  # fmt: skip
        return made.id, file.id


def row_of(stage: Stage, login: str, letter_id: str, file_id: str) -> tuple[int, ...]:
    client = signed_in_client(stage, login)
    return tuple(client.get(path.format(id=letter_id, file=file_id)).status_code for path in PAGES.values())


def test_every_page_of_a_letter_answers_everybody_as_the_table_says(stage: Stage, letter: tuple[str, str]) -> None:
    found = {who: row_of(stage, who.split()[0], *letter) for who in TABLE}

    assert found == TABLE


def test_a_letter_with_the_discipline_liaison_answers_nobody_else(stage: Stage, letter: tuple[str, str]) -> None:
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        made = work.screened()
        from moderation.casework import screening

        screening.to_discipline(session, made, "反映失职", by=work.who("shenhe"), at=work.at)
        secret = made.id

    pages = {who: signed_in_client(stage, who.split()[0]).get(f"/letters/{secret}").status_code for who in TABLE}

    assert {who for who, status in pages.items() if status == 200} == {"jijian 纪检"}
    assert {status for who, status in pages.items() if who != "jijian 纪检"} == {403, 404}


def test_a_person_of_another_unit_cannot_act_by_writing_the_address(stage: Stage, letter: tuple[str, str]) -> None:
    letter_id, _ = letter
    for login in ("nongye", "shuili", "zuyuan"):
        client = signed_in_client(stage, login)
        for path in ("acts/ask-extension", "acts/report-up", "findings", "evidence"):
            answer = client.post(f"/letters/{letter_id}/{path}", data={"version": "4", "text": "我来"})
            assert answer.status_code == 404, (login, path)

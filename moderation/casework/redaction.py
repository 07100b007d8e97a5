"""Keeps the reporter's words and identity out of what travels: highlights for the eye, and a check of every run of 12 characters.

Suggests; a person decides. Knows text, not the database.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from moderation.casework.han_readings import in_letters, spellings
from portal.core.report_content import Identity, ReportContent
from portal.core.vocabulary import Term

RUN = 12
RUN_BYTES = 5
IDENTITY_BYTES = 8
_SHORTEST_NAME = 2


class MarkKind(Term):
    """What a highlight may give away. The value is also the class of the mark on the page."""

    NAME = "name", "姓名", "name"
    PHONE = "phone", "电话", "phone"
    ID = "id", "证件号、卡号", "identity or card number"
    PLATE = "plate", "车牌", "number plate"
    PLACE = "place", "住址、村组", "address or hamlet"
    TIE = "tie", "关系线索", "tie to a person"


@dataclass(frozen=True)
class Mark:
    """A stretch of text [start, end) worth a second look, and why."""

    start: int
    end: int
    kind: MarkKind
    why: str


def plain(text: str) -> str:
    """Only letters, digits and characters, in one width and case: what two writings of the same words share."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


def _runs(text: str) -> Iterator[str]:
    words = plain(text)
    return (words[at : at + RUN] for at in range(len(words) - RUN + 1))


def _digest(words: str, key: bytes, size: int) -> bytes:
    return hashlib.blake2b(words.encode(), key=key, digest_size=size).digest()


def original_words(content: ReportContent) -> tuple[str, ...]:
    """The parts of a report in the reporter's own words. Place, day and the name of the polluter are facts, not words."""
    return (content.story, content.when, *(answer.answer for answer in content.answers))


def facts_of(content: ReportContent) -> tuple[str, ...]:
    """What may stand in a summary as it was given: place and polluter."""
    return (content.place, content.who)


def run_guard(content: ReportContent, key: bytes) -> bytes:
    """5 keyed bytes for every run of 12 characters of the reporter's words, in no order that tells anything."""
    free = {run for fact in facts_of(content) for run in _runs(fact)}
    digests = {_digest(run, key, RUN_BYTES) for words in original_words(content) for run in _runs(words) if run not in free}
    return b"".join(sorted(digests))


def copied_run(text: str, guard: bytes, key: bytes) -> str | None:
    """The first run of 12 characters of ``text`` that stands in the original; None: none does."""
    known = {guard[at : at + RUN_BYTES] for at in range(0, len(guard), RUN_BYTES)}
    return next((run for run in _runs(text) if _digest(run, key, RUN_BYTES) in known), None) if known else None


def identity_guard(identity: Identity, key: bytes) -> bytes:
    """Keyed digests of name, phone, number and contact, each with its length; empty for the nameless.

    The name in letters (王小明: Wang Xiaoming, Xiaoming Wang) stands behind length 0: it is compared word by word.
    """
    parts = (identity.name, identity.phone, identity.other_contact, identity.id_number)
    words = {plain(part) for part in parts if len(plain(part)) >= _SHORTEST_NAME}
    entries = {bytes([min(len(word), 255)]) + _digest(word, key, IDENTITY_BYTES) for word in words}
    return b"".join(sorted(entries | {_in_letters(each, key) for each in spellings(identity.name)}))


def _in_letters(joined: str, key: bytes) -> bytes:
    return bytes([0]) + _digest(f"letters:{joined}", key, IDENTITY_BYTES)


def names_reporter(text: str, guard: bytes, key: bytes) -> bool:
    """Whether ``text`` carries the reporter's name, in Han or in letters, phone, number or contact. Says no more than that."""
    words, size = plain(text), IDENTITY_BYTES + 1
    entries = {guard[at : at + size] for at in range(0, len(guard), size)}
    if not entries.isdisjoint(_in_letters(each, key) for each in (in_letters(text) if entries else ())):
        return True
    for entry in entries:
        length, digest = entry[0], entry[1:]
        if length and any(
            _digest(words[here : here + length], key, IDENTITY_BYTES) == digest for here in range(len(words) - length + 1)
        ):
            return True
    return False


# ---- highlights ----

_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪"
    "舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫经房裘缪解应宗丁宣邓郁单杭洪包"
    "诸左石崔吉钮龚程嵇邢裴陆荣翁荀甄曲封储靳段富巫乌焦巴弓牧谷车侯宓蓬全班仰秋仲伊宫宁仇栾甘厉祖武符刘景詹龙叶黎白赖乔谭申冉桑桂牛"
    "温庄晏柴瞿阎习艾鱼容向古易廖终耿满匡国文寇广欧沃利聂关游肖"
)
_TITLES = (
    "先生|女士|老板|老总|书记|主任|局长|镇长|乡长|县长|村长|科长|所长|队长|站长|经理|厂长|校长|院长|董事长|支书|会计|师傅|同志"
)
_PLATE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·• ]?[A-Z0-9]{5,6}(?![A-Z0-9])"
_SELF = "(?:我叫|本人|姓名|联系人|举报人|名叫|叫做)[:： ]{0,2}"
_TIES = (
    "我家|我们家|我爸|我妈|我儿子|我女儿|我丈夫|我妻子|我老婆|我老公|邻居|隔壁|对门|楼上|楼下|"
    "我们厂|我们公司|我单位|同事|我在.{0,6}上班|我承包|我种的|我养的"
)
# A place name holds none of the little words between which it stands.
_PLACE_NAME = "[^\\W\\d_的在是了我们个从给到因为导致使其附近几整全向住成响障离对本有与把被和或]{2,4}?"
_RULES: tuple[tuple[MarkKind, str, re.Pattern[str]], ...] = (
    (MarkKind.PHONE, "手机号", re.compile(r"(?<!\d)1[3-9]\d[ \-]?\d{4}[ \-]?\d{4}(?!\d)")),
    (MarkKind.PHONE, "座机号", re.compile(r"(?<!\d)0\d{2,3}[ \-]?\d{7,8}(?!\d)")),
    (MarkKind.PHONE, "QQ、微信", re.compile(r"(?i)(?:qq|微信|wechat|vx|v信)(?:号)?[:： ]{0,2}[a-z0-9_\-]{5,20}")),
    (MarkKind.PHONE, "邮箱", re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}")),
    (MarkKind.PLATE, "车牌号", re.compile(_PLATE)),
    (MarkKind.NAME, "自报姓名", re.compile(_SELF + f"(?P<it>[{_SURNAMES}][一-鿿]{{1,2}})")),
    (MarkKind.NAME, "姓名加称呼", re.compile(f"(?P<it>[{_SURNAMES}](?:[一-鿿]{{1,2}})?)(?:{_TITLES})")),
    (MarkKind.NAME, "隐名", re.compile(f"[{_SURNAMES}]某{{1,2}}")),
    (MarkKind.PLACE, "门牌、楼栋", re.compile(r"[0-9一二三四五六七八九十]+(?:号楼|栋|幢|单元|室|弄|号院|号(?![码召]))")),
    (
        MarkKind.PLACE,
        "村组",
        re.compile(_PLACE_NAME + r"(?:村民小组|自然村|村|屯|社区|小区|花园)(?:[0-9一二三四五六七八九十]+组)?"),
    ),
    (MarkKind.TIE, "说明自己是谁", re.compile(_TIES)),
)
_ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_CARD_NUMBER = re.compile(r"(?<!\d)(?:\d[ \-]?){15,18}\d(?!\d)")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


def id_number_holds(number: str) -> bool:
    """Whether the check digit of an 18-digit identity number fits."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11] == number[17].upper()


def card_number_holds(number: str) -> bool:
    """Luhn's check, as bank cards carry it."""
    digits = [int(c) for c in number if c.isdigit()][::-1]
    return sum(d if at % 2 == 0 else sum(divmod(2 * d, 10)) for at, d in enumerate(digits)) % 10 == 0


def highlights(text: str) -> tuple[Mark, ...]:
    """What stands out in ``text``, in order, without overlap; the longer mark wins."""
    found = [*_numbers(text), *_by_rules(text)]
    kept: list[Mark] = []
    for mark in sorted(found, key=lambda m: (m.start, m.start - m.end)):
        if not kept or mark.start >= kept[-1].end:
            kept.append(mark)
    return tuple(kept)


def _numbers(text: str) -> Iterator[Mark]:
    for hit in _ID_NUMBER.finditer(text):
        why = "身份证号，校验位相符" if id_number_holds(hit.group()) else "像身份证号，校验位不符"
        yield Mark(hit.start(), hit.end(), MarkKind.ID, why)
    for hit in _CARD_NUMBER.finditer(text):
        if card_number_holds(hit.group()):
            yield Mark(hit.start(), hit.end(), MarkKind.ID, "银行卡号，校验位相符")


def _by_rules(text: str) -> Iterator[Mark]:
    for kind, why, pattern in _RULES:
        for hit in pattern.finditer(text):
            start, end = hit.span("it") if "it" in pattern.groupindex else hit.span()
            yield Mark(start, end, kind, why)


@dataclass(frozen=True)
class Piece:
    """A stretch of text for the page: plain where ``kind`` is empty, else a mark with its reason."""

    text: str
    kind: str = ""
    why: str = ""


def pieces(text: str, extra: Iterable[Mark] = ()) -> tuple[Piece, ...]:
    """``text`` cut into plain and marked stretches; nothing is lost: joined they are the text again."""
    out: list[Piece] = []
    at = 0
    for mark in (*highlights(text), *extra):
        if mark.start < at:
            continue
        if mark.start > at:
            out.append(Piece(text[at : mark.start]))
        out.append(Piece(text[mark.start : mark.end], mark.kind.value, mark.why))
        at = mark.end
    if at < len(text):
        out.append(Piece(text[at:]))
    return tuple(out)


_CONDUCT = re.compile(
    "保护伞|通风报信|收了.{0,4}(?:钱|好处|红包)|吃拿卡要|行贿|受贿|失职|渎职|不作为|乱作为|徇私|包庇|勾结|"
    "(?:领导|干部|书记|局长|镇长|乡长|县长|主任|科长|所长).{0,8}(?:亲戚|股份|打招呼|撑腰)"
)


def speaks_of_conduct(text: str) -> str:
    """The words that speak of an official's conduct, for the screener to think of the discipline channel; "": none."""
    found = _CONDUCT.search(text)
    return found.group() if found else ""


def blacked_out(text: str) -> str:
    """``text`` with every mark but places and ties replaced by ■; a start for the office's own words, never their end."""
    hidden = {MarkKind.NAME, MarkKind.PHONE, MarkKind.ID, MarkKind.PLATE}
    kinds = {kind.value for kind in hidden}
    return "".join("■■" if piece.kind in kinds else piece.text for piece in pieces(text))

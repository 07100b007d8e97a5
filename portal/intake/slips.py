"""Points out names and numbers typed by mistake where others will read them. Suggests; the person decides."""

from __future__ import annotations

import re

from portal.core.typed_text import plain_digits

_PHONE = re.compile(r"(?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)")
_ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])")
_SELF = re.compile(r"(?:我叫|我的名字是|我名叫|本人姓名)[\u4e00-\u9fff·]{2,4}")
_HOME = re.compile(r"(?:我家住|我家在|我住在?|本人住)[\u4e00-\u9fff\d]{2,20}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def slips(text: str) -> tuple[str, ...]:
    """What in ``text`` may give the writer away, each as one short piece of it."""
    digits = plain_digits(text)
    found = [match.group() for match in _PHONE.finditer(digits)]
    found += [match.group() for match in _ID_NUMBER.finditer(digits) if _is_id_number(match.group())]
    found += [match.group() for pattern in (_SELF, _HOME) for match in pattern.finditer(text)]
    return tuple(dict.fromkeys(found))


def _is_id_number(text: str) -> bool:
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text[:17], strict=True))
    return "10X98765432"[total % 11] == text[17].upper()

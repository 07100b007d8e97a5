"""Where the data lies does not depend on where the user stands."""

from portal.core.places import DATA
from tests.house.tree import CODE, ROOT, files, name_of, text_of


def test_data_lies_beside_the_code_unless_told_otherwise() -> None:
    assert ROOT / "var" == DATA


def test_no_command_has_a_data_folder_of_its_own() -> None:
    relative = "Path(" + '"var")'
    assert [name_of(path) for path in files(".py", under=CODE) if relative in text_of(path)] == ["portal/core/places.py"]

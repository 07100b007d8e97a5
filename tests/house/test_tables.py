"""The house rules about tables: none is forgotten by the migrations."""

import ast

from moderation.models import MODULES
from tests.house.tree import CODE, ROOT, files, tree_of

BASES = {"IntakeBase", "OfficeBase"}


def test_every_module_with_a_table_is_known_to_the_migrations() -> None:
    with_tables = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in files(".py", under=CODE)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef) and BASES & {base.id for base in node.bases if isinstance(base, ast.Name)}
    }
    assert with_tables - set(MODULES) == set()

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bridgekit.check.python.tree import children, walk

SOURCES = sorted(Path(ast.__file__).parent.glob("a*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_tree_is_walked_as_python_does(path: Path) -> None:
    """Over modules of the standard library: the same nodes in the same order, but for ``ctx``."""
    tree = ast.parse(path.read_bytes())
    assert list(walk(tree)) == [node for node in ast.walk(tree) if not isinstance(node, ast.expr_context)]
    for node in ast.walk(tree):
        expected = [one for one in ast.iter_child_nodes(node) if not isinstance(one, ast.expr_context)]
        assert children(node) == expected


def test_a_node_that_lacks_fields_has_fewer_children() -> None:
    """As the nodes that are made by hand have."""
    assert children(ast.Call.__new__(ast.Call)) == []

"""Bracket notation: every tree is read back from its text, and a text that is none is refused."""

import pytest

from schemetools.analysis.trees.brackets import read_tree
from schemetools.analysis.trees.forest import free
from schemetools.analysis.trees.tree import Tree, rooted_trees, trees_by_id
from schemetools.errors import SchemeError


@pytest.mark.parametrize("n", range(1, 7))
def test_a_tree_is_read_back_from_its_brackets(n):
    for tree in rooted_trees(n):
        assert Tree(str(tree)) == tree and read_tree(str(tree)) == (tree.level_sequence, None)


def test_a_tree_with_colours_is_read_back_with_them():
    trees = trees_by_id(free(("F", "Gas")), 4)
    assert len(trees) == 2 + 4 + 14 + 52
    for tree in trees:
        assert Tree(str(tree)) == tree and read_tree(str(tree)) == (tree.level_sequence, tree.colours)


def test_blanks_do_not_count_and_children_stand_in_any_order():
    assert Tree(" [ . , [ . ] ] ") == Tree("[[.],.]")


@pytest.mark.parametrize(
    "text", ["", "[", "]", "[]", ".]", "[.]]", "[.", "[.,]", "[,.]", "..", "[..]", "F[.]", "[F]", "1"]
)
def test_what_is_no_tree_is_refused(text):
    with pytest.raises(SchemeError, match="is no tree: write . for a node"):
        read_tree(text)

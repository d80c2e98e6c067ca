import itertools
import math
import re
from collections import Counter

import pytest

import schemetools as st
from schemetools.analysis.trees.forest import NONAUTONOMOUS, PLAIN, Forest, alternating, free, tree_counts
from schemetools.analysis.trees.tree import Tree, rooted_trees, trees_by_id
from tests.analysis import oracle

OTTER = (1, 1, 2, 4, 9, 20, 48, 115, 286, 719, 1842, 4766, 12486)


def test_numbers_of_trees():
    assert tree_counts(PLAIN, 13) == OTTER
    assert [len(rooted_trees(n)) for n in range(1, 9)] == list(OTTER[:8])
    assert tree_counts(free(("F", "G")), 4) == (2, 4, 14, 52)
    assert tree_counts(alternating(("F", "G")), 4) == (2, 2, 4, 8)


@pytest.mark.parametrize("grammar", [free(("F", "G")), alternating(("F", "G")), NONAUTONOMOUS, free(tuple("ABC"))])
def test_the_table_holds_what_is_counted_and_every_tree_once(grammar):
    table = Forest(grammar)
    table.grow(5)
    assert tuple(len(table.ids(n)) for n in range(1, 6)) == tree_counts(grammar, 5)
    assert len(set(trees_by_id(grammar, 5))) == table.offsets[6]


@pytest.mark.parametrize("n", range(1, 9))
def test_trees_agree_with_the_oracle(n):
    ours = {oracle.from_levels(tree.level_sequence): tree for tree in rooted_trees(n)}
    assert set(ours) == set(oracle.trees(n))
    assert all(tree.density == oracle.density(t) for t, tree in ours.items())
    # every tree has n!/(sigma gamma) monotonic labellings, and there are (n-1)! of them
    assert sum(math.factorial(n) // (t.symmetry * t.density) for t in ours.values()) == math.factorial(n - 1)


def brute_force_splittings(tree):
    """(branch, trunk) for every edge, on nested tuples."""
    for i, child in enumerate(tree):
        rest = tree[:i] + tree[i + 1 :]
        yield child, rest
        for branch, trunk in brute_force_splittings(child):
            yield branch, tuple(sorted((*rest, trunk)))


def test_splittings_are_the_edges():
    table = Forest(PLAIN)
    table.grow(7)
    names = [oracle.from_levels(t.level_sequence) for t in trees_by_id(PLAIN, 7)]
    for t, tree in enumerate(names):
        ours = {(names[b], names[trunk]): m for b, trunk, m in table.splits[t]}
        assert len(ours) == len(table.splits[t])
        assert ours == Counter(brute_force_splittings(tree))


def test_an_interrupted_table_is_whole(monkeypatch):
    table, reference = Forest(PLAIN), Forest(PLAIN)
    table.grow(5)
    with monkeypatch.context() as patch:
        patch.setattr(Forest, "_split_all", lambda self, ids: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            table.grow(7)
    assert table.order == 5
    table.grow(7)
    reference.grow(7)
    for column in ("offsets", "left", "right", "colour", "cuts", "splits", "graft"):
        assert getattr(table, column) == getattr(reference, column)


def test_progress_is_called_once_per_order():
    calls = []
    Forest(PLAIN).grow(6, lambda done, total: calls.append((done, total)))
    assert calls == [(n, 6) for n in range(1, 6)]


def test_level_sequences():
    tree = Tree.from_level_sequence((1, 2, 2, 3))
    assert tree.level_sequence == (1, 2, 3, 2)
    assert tree == Tree.from_level_sequence([1, 2, 3, 2])
    assert hash(tree) == hash(Tree((1, 2, 3, 2)))
    assert [c.level_sequence for c in tree.children] == [(1, 2), (1,)]
    assert (tree.order, tree.symmetry, tree.density, str(tree)) == (4, 1, 8, "[[.],.]")
    assert tree.colours is None
    bushy = Tree.from_level_sequence((1, 2, 2, 2))
    assert (bushy.symmetry, bushy.density) == (6, 4)


def test_coloured_trees():
    tree = Tree.from_level_sequence((1, 2, 2, 3), "FGGF")
    assert tree.level_sequence == (1, 2, 3, 2)
    assert tree.colours == ("F", "G", "F", "G")
    assert str(tree) == "F[G[F],G]"
    assert tree.symmetry == 1
    assert Tree.from_level_sequence((1, 2, 2), "FGF").symmetry == 1
    assert Tree.from_level_sequence((1, 2, 2), "FGG").symmetry == 2


@pytest.mark.parametrize("levels", [(), (0,), (2,), (1, 1), (1, 3), (1, 2, 4), (1, 2, 1)])
def test_bad_level_sequences(levels):
    with pytest.raises(st.SchemeError, match="level"):
        Tree.from_level_sequence(levels)


def test_one_colour_per_node():
    with pytest.raises(st.SchemeError, match="2 colours came for 3 nodes"):
        Tree.from_level_sequence((1, 2, 2), "FG")


def test_drawing():
    svg = Tree.from_level_sequence((1, 2, 3, 2), "FGFG")._repr_svg_()
    heights = [float(y) for y in re.findall(r'<circle cx="[^"]*" cy="([^"]*)"', svg)]
    total = float(re.search(r' height="([^"]*)"', svg)[1])
    steps = [a - b for a, b in itertools.pairwise(heights[:3])]
    assert heights[1] == heights[3] and steps[0] == steps[1] > 0  # each level one step above the one before
    assert heights[2] == total - heights[0] > 0  # and as much room above as below
    assert svg.startswith("<svg")
    assert svg.count("<circle") == 4
    assert svg.count("<line") == 3


@pytest.mark.parametrize("order", [0, -3, 2.0, True, "4"])
def test_an_order_is_a_positive_integer(order):
    with pytest.raises(st.SchemeError, match="positive integer"):
        rooted_trees(order)


def test_an_order_that_would_not_fit_says_what_it_costs():
    """1.8e16 trees of some 1,600 bytes are 2.7e10 of 2^30 bytes."""
    with pytest.raises(st.SchemeError, match=r"order 40 has 1.8e\+16 trees.*2.7e\+10 GiB.*highest order .* is 17"):
        rooted_trees(40)
    with pytest.raises(st.SchemeError, match=r"7.3e\+10 trees.* about 108,\d+ GiB"):
        rooted_trees(14, "FGH")

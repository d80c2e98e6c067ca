"""The arcs between the crossings of a locus: together the locus again, each from one crossing to the next."""

import numpy as np
import pytest

from schemetools.analysis.regions.boundary import _chains, _cut
from schemetools.analysis.regions.crossings import Crossing

LOOP = np.exp(2j * np.pi * np.arange(9) / 8)
LOOP[-1] = LOOP[0]
LINE = np.arange(9) * (1 + 1j)
CUTS = [(1, 0.5), (1, 0.75), (6, 0.25)]


def length(arcs):
    return sum(np.abs(np.diff(arc)).sum() for arc in arcs)


@pytest.mark.parametrize(("line", "arcs"), [(LOOP, 3), (LINE, 4)])
def test_arcs_end_at_crossings_and_are_the_whole_line(line, arcs):
    """Three cuts make three arcs of a closed line, one of them through its first point, and four of an open one."""
    cuts = [Crossing(0, i, f, line[i] + f * (line[i + 1] - line[i])) for i, f in CUTS]
    found = _cut(line, cuts)
    assert len(found) == arcs
    assert np.isclose(length(found), length([line]))
    ends = {complex(p) for arc in found for p in (arc[0], arc[-1])}
    assert ends == {complex(c.point) for c in cuts} | (set() if line is LOOP else {line[0], line[-1]})


def test_a_chain_goes_along_all_of_its_arcs():
    """Two discs that overlap: the outer boundary is an arc of each, the same line once more."""
    corner = np.exp(1j * np.pi / 3)
    right, left = (np.exp(1j * np.linspace(a, b, 21)) for a, b in ((-np.pi / 3, np.pi / 3), (np.pi / 3, 5 * np.pi / 3)))
    right[[0, -1]], left[[0, -1]] = [corner.conjugate(), corner], [corner, corner.conjugate()]
    [chain] = _chains([right, left])
    assert chain[0] == chain[-1] and np.isclose(length([chain]), length([right, left]))

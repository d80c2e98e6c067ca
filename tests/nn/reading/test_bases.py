"""Vectors that depend on each other in a basis: told by the first row of a triangle that is none."""

import numpy as np
import pytest
import torch

from schemetools.nn.reading.krylov import _triangle


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_triangle_ends_at_the_first_vector_that_depends_on_those_before(place):
    """Rows before it are Cholesky's of W W^T; what is left of it is rounding, and what comes after one with none is 0."""
    draw = torch.Generator().manual_seed(0)
    free, other = (torch.randn((1, 4, 20), generator=draw, dtype=torch.float64) for _ in range(2))
    bent = free.clone()
    bent[0, place] = bent[0, :place].sum(dim=0) if place else 0
    W = torch.cat([bent, other])
    with np.errstate(all="raise"):
        L = _triangle(W)
    whole = np.linalg.cholesky((free @ free.mT).numpy()[0, :place, :place]) if place else np.zeros((0, 0))
    np.testing.assert_allclose(L[0, :place, :place], whole, atol=1e-12)
    assert L[0, place, place] < 1e-6 and (L[0, place, place] > 0 or not L[0, place:].any())
    np.testing.assert_allclose(L[1], np.linalg.cholesky((other @ other.mT).numpy()[0]), atol=1e-12)

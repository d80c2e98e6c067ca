"""Where the logarithm of the principal root is a power series in z, and where it is refused."""

import pytest
from sympy import QQ

from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.stability.expansions import log_principal_root
from schemetools.errors import SchemeError

K = Field()


def polynomial_of(*rows):
    return [[QQ(c) for c in row] for row in rows]


def test_two_roots_from_one_follow_the_flow():
    """(w - e^z)(w - e^-z) to fourth order: w + 1/w = 2 cosh z = 2 + z^2 + z^4/12."""
    phi = [[QQ(1)], [QQ(-2), QQ(0), QQ(-1), QQ(0), QQ(-1, 12)], [QQ(1)]]
    assert log_principal_root(K, phi, 3) == [0, 1, 0, 0]


@pytest.mark.parametrize(
    "phi",
    [
        polynomial_of([1, 0, -2], [-2], [1]),  # (w - 1)^2 = 2 z^2: w - 1 is about sqrt(2) z
        polynomial_of([1, -1, -1], [-2, 1], [1]),  # (w - 1)^2 + z (w - 1) = z^2: the golden ratio
        polynomial_of([1, -1], [-2], [1]),  # (w - 1)^2 = z: a root of z
    ],
    ids=["another slope", "a mixed term", "a branch point"],
)
def test_other_pairs_of_roots_from_one_are_refused(phi):
    with pytest.raises(SchemeError, match="no power series in z"):
        log_principal_root(K, phi, 4)

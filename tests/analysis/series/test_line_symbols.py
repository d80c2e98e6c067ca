"""A method of lines taken apart: sums of compact stencils over one denominator, whatever their number."""

import pytest
import sympy

import schemetools as st
from schemetools.analysis.series.laurent import line_symbols

COMPACT, PLAIN = st.stencils.compact(1), st.stencils.centred(1)
E = sympy.Symbol("E")


def polynomial(part):
    return sum(c * E ** place[0] for place, c in part)


@pytest.mark.parametrize(
    ("first", "second", "width"), [(COMPACT, COMPACT, 3), (COMPACT, PLAIN, 3), (PLAIN, COMPACT, 3), (PLAIN, PLAIN, 1)]
)
def test_terms_over_one_denominator_are_added_over_it(first, second, width):
    """nu N/D + nu2 N/D = (nu + nu2) N/D, and with a term without denominator it is (nu N + nu2 M D)/D."""
    taken = line_symbols(st.method_of_lines("euler", st.Operator([("a", first), ("b", second)])))
    [above], [below] = taken.above, taken.below
    assert len(below) == width
    numbers = taken.ring.symbols
    assert [str(s) for s in numbers] == ["nu", "nu2"]
    fractions = [polynomial(t.numerator) / polynomial(t.denominator) for t in (first, second)]
    expected = numbers[0] * fractions[0] + numbers[1] * fractions[1]
    found = [sum(c.as_expr() * E ** place[0] for place, c in part.items()) for part in (above, below)]
    assert sympy.cancel(found[0] / found[1] - expected) == 0

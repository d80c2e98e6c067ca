"""Exact schemes of short decimals, as 0.3333: whether they are meant to be rounded, and what to write then."""

from sympy import Expr

from schemetools.analysis.properties.judgement import judge
from schemetools.errors import SchemeError
from schemetools.schemes.base import Scheme, labelled
from schemetools.schemes.registry import entry_of

FEWEST = 3  # decimals that somebody may have rounded to; 0.25 or 0.1 is meant as it is
HIGHEST = 2  # sums may come out right in rounded numbers, the products in conditions of a higher order do not


def if_rounded(scheme: Scheme, order: int) -> str:
    """What an exact scheme of short decimals would be, read as rounded: a sentence where it then has a higher order.

    `order` is the one that it has exactly. Empty where rounding does not explain by how much the conditions of a higher
    order are missed, and for members of the catalog, whose parameters somebody chose.
    """
    if not scheme.exact or order > HIGHEST or scheme.free_symbols or scheme.random_symbols or scheme.is_complex:
        return ""
    digits = max(map(_decimals, scheme.coefficients), default=0)
    if digits < FEWEST or entry_of(scheme) is not None:
        return ""
    try:
        report = judge(labelled(scheme, exact=False, digits=digits))
    except SchemeError:
        return ""
    if report.order <= order:
        return ""
    return f"digits={digits} reads its decimals as rounded, which gives order {report.order}"


def _decimals(value: Expr) -> int:
    """How many decimals a number has; 0 where they never end, and for halves, quarters and so on."""
    if not value.is_Rational:
        return 0
    rest, twos, fives = int(value.q), 0, 0  # type: ignore[attr-defined]
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 and fives else 0

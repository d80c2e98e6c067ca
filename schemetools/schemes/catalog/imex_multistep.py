"""Implicit-explicit multistep methods: u' = F(u) + G(u), F extrapolated, G implicit."""

from sympy import Integer, Rational, binomial

from schemetools.errors import SchemeError
from schemetools.schemes.catalog.multistep import bdf
from schemetools.schemes.imex_multistep import ImexMultistep
from schemetools.schemes.registry import entry

HALF = Rational(1, 2)


@entry(reference="ascher1995")
def cnab() -> ImexMultistep:
    """Crank-Nicolson for G, Adams-Bashforth 2 for F, of order two."""
    return ImexMultistep([0, -1, 1], [-HALF, 3 * HALF, 0], [0, HALF, HALF])


@entry(reference="ascher1995")
def mcnab() -> ImexMultistep:
    """The modified CNAB of Ascher, Ruuth and Wetton: G weighted by 9/16, 3/8, 1/16, of order two."""
    return ImexMultistep([0, -1, 1], [-HALF, 3 * HALF, 0], [Rational(1, 16), Rational(3, 8), Rational(9, 16)])


@entry(reference="ascher1995")
def cnlf() -> ImexMultistep:
    """Crank-Nicolson over two steps for G, leapfrog for F, of order two."""
    return ImexMultistep([-1, 0, 1], [0, 2, 0], [1, 0, 1])


@entry(reference="ascher1995")
def sbdf(k: int = 2) -> ImexMultistep:
    """The semi-implicit BDF of k steps, order k, k = 1..6: BDF for G, F extrapolated from k values to the new time."""
    if not 1 <= k <= 6:
        raise SchemeError(f"sbdf(k) takes 1 to 6 steps; {k} was asked for")
    scheme = bdf(k)
    last = scheme.beta[-1]  # type: ignore[attr-defined]
    explicit = [last * (-1) ** (k - 1 - j) * binomial(k, j) for j in range(k)]
    return ImexMultistep(scheme.alpha, [*explicit, Integer(0)], scheme.beta)  # type: ignore[attr-defined]

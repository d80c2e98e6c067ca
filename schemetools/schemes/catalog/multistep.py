"""Linear multistep methods, by formula in the number of steps k; scaled so that alpha_k = 1."""

from sympy import Integer, Rational, Symbol, binomial

from schemetools.errors import SchemeError
from schemetools.schemes.catalog._quadrature import lagrange_integrals
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.registry import Coefficient, entry

MOST_STEPS = 40


@entry(reference="bashforth1883; hairer1993, section III.1", aliases=("ab",))
def adams_bashforth(k: int = 2) -> LinearMultistep:
    """The explicit Adams method of k steps, order k: the interpolant of k slopes, integrated over the last step."""
    _check("adams_bashforth", k, at_least=1)
    return _integrated(k, nodes=range(k), start=k - 1)


@entry(reference="moulton1926; hairer1993, section III.1", aliases=("am",))
def adams_moulton(k: int = 1) -> LinearMultistep:
    """The implicit Adams method of k steps, order k + 1: adams_moulton(1) is the trapezoidal rule."""
    _check("adams_moulton", k, at_least=1)
    return _integrated(k, nodes=range(k + 1), start=k - 1)


@entry(reference="nystrom1925; hairer1993, section III.1")
def nystrom(k: int = 2) -> LinearMultistep:
    """The explicit Nystrom method of k >= 2 steps, order k: slopes integrated over the last two steps."""
    _check("nystrom", k, at_least=2)
    return _integrated(k, nodes=range(k), start=k - 2)


@entry(reference="milne1926; hairer1993, section III.1")
def milne_simpson(k: int = 2) -> LinearMultistep:
    """The implicit Milne-Simpson method of k >= 2 steps: k = 2 is Simpson's rule, order 4."""
    _check("milne_simpson", k, at_least=2)
    return _integrated(k, nodes=range(k + 1), start=k - 2)


@entry(reference="hairer2006, section XV.1")
def leapfrog() -> LinearMultistep:
    """The two-step explicit midpoint rule u_(n+1) = u_(n-1) + 2 h f(u_n), the Nystrom method of two steps."""
    return LinearMultistep([-1, 0, 1], [0, 2, 0])


@entry(reference="curtiss1952; hairer1993, section III.1")
def bdf(k: int = 2) -> LinearMultistep:
    """The backward differentiation formula of k steps, order k, sum_j (1/j) nabla^j u_(n+k) = h f(u_(n+k)).

    Zero-stable up to k = 6; k = 7 is the standard example of a scheme that is not.
    """
    _check("bdf", k, at_least=1)
    alpha = [Integer(0)] * (k + 1)
    for j in range(1, k + 1):
        for i in range(j + 1):
            alpha[k - i] += Rational((-1) ** i * binomial(j, i), j)
    return LinearMultistep([a / alpha[k] for a in alpha], [*[0] * k, 1 / alpha[k]])


@entry(reference="lu2018")
def lm(k: Coefficient = Symbol("k")) -> LinearMultistep:
    """The scheme of LM-ResNet, u_(n+1) = (1 - k) u_n + k u_(n-1) + h f(u_n); its limit is u' = f/(1 + k)."""
    return LinearMultistep([-k, k - 1, 1], [0, 1, 0])


@entry(reference="hairer1993, section III.2")
def lmm2(a: Coefficient = Symbol("a"), b: Coefficient = Symbol("b")) -> LinearMultistep:
    """All two-step methods of order two: a is the second root of rho = (z - 1)(z - a), b the weight of the new slope.

    (a, b) = (0, 0) is adams_bashforth(2), (0, 5/12) adams_moulton(2), (1/3, 2/3) bdf(2), (-1, 0) leapfrog,
    (-1, 1/3) milne_simpson(2).
    """
    return LinearMultistep([a, -1 - a, 1], [b - (1 + a) / 2, (3 - a) / 2 - 2 * b, b])


def _integrated(k: int, *, nodes: range, start: int) -> LinearMultistep:
    """u_(n+k) = u_(n+start) + h * (the interpolant of f on the nodes n + j, integrated from n + start to n + k)."""
    [weights] = lagrange_integrals([Integer(j) for j in nodes], [(Integer(start), Integer(k))])
    alpha = [Integer(0)] * k + [Integer(1)]
    alpha[start] -= 1
    return LinearMultistep(alpha, weights + [Integer(0)] * (k + 1 - len(weights)))


def _check(family: str, k: int, *, at_least: int) -> None:
    if not at_least <= k <= MOST_STEPS:
        raise SchemeError(f"{family}(k) takes {at_least} to {MOST_STEPS} steps; {k} was asked for")

"""Networks of the literature as schemes. ResNet is euler, LM-ResNet is lm, a transformer layer is lie_trotter."""

from sympy import Expr, Integer, Rational, Symbol, sqrt

from schemetools.errors import SchemeError
from schemetools.exact import coefficient
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme
from schemetools.schemes.catalog._splitting import symplectic
from schemetools.schemes.catalog._tableaux import explicit
from schemetools.schemes.catalog.explicit import rk4
from schemetools.schemes.catalog.high_order import verner89
from schemetools.schemes.catalog.implicit import backward_euler
from schemetools.schemes.catalog.multistep import lm
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.naming import split_arguments
from schemetools.schemes.registry import Coefficient, entry
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.transforms import nest, picard

MEAN = (Rational(1, 2), Rational(1, 2))


@entry(reference="zhang2017")
def polynet(m: int = 2) -> RungeKutta:
    """PolyNet's poly-m as a scheme: m Picard iterations of backward Euler, R(z) = 1 + z + ... + z^m, of order one.

    The literal block x + F(x) + F(F(x)) is this only for linear F, and else no scheme at all.
    """
    return picard(backward_euler(), m)


@entry(reference="larsson2017")
def fractalnet(columns: int = 2, join: object = "mean") -> RungeKutta:
    """FractalNet with Euler blocks: f_1 = E_h, f_(C+1) = w_1 f_C o f_C + w_2 E, both branches over the same time.

    join is "mean", w = (1/2, 1/2), of order one, or a pair of weights; two columns with (2, -1) are the
    explicit midpoint rule (Richardson's extrapolation of Euler). Stages with equal arguments are one, so that there
    are 2^(columns - 1).
    """
    if not 1 <= columns <= 7:
        raise SchemeError(f"fractalnet(columns) takes 1 to 7 columns; {columns} were asked for")
    deep, shallow = _join_weights(join)
    A: list[list[Expr]] = [[Integer(0)]]
    b: list[Expr] = [Integer(1)]
    for _ in range(columns - 1):
        s = len(b)
        first = [[a / 2 for a in row] + [Integer(0)] * s for row in A]
        second = [[w / 2 for w in b] + [a / 2 for a in row] for row in A]
        A = first + second
        b = [deep * w / 2 + (shallow if i == 0 else 0) for i, w in enumerate([*b, *b])]
    return RungeKutta(A, b)


def _join_weights(join: object) -> tuple[Expr, Expr]:
    if join == "mean":
        return MEAN
    parts = split_arguments(join.strip("()[] ")) if isinstance(join, str) else join
    if isinstance(parts, (tuple, list)) and len(parts) == 2:
        return coefficient(parts[0], parameter=True), coefficient(parts[1], parameter=True)
    raise SchemeError(
        f"join={join!r}: give 'mean' or the two weights of the deep and the shallow branch, such as (2, -1)"
    )


@entry(reference="gomez2017")
def revnet() -> AdditiveRungeKutta:
    """RevNet's block y_1 = x_1 + F(x_2), y_2 = x_2 + G(y_1): the symplectic Euler method, not forward Euler."""
    return symplectic([Integer(1)], [Integer(1)])


@entry(reference="luo2022")
def ho_midpoint(a: Coefficient = "1/2") -> RungeKutta:  # type: ignore[assignment]
    """HO-ResNet's Midpoint block with one network for both stages: the explicit midpoint rule.

    a is the factor of the state between, which HO-ResNet's flexible factors train; of order one unless it is 1/2.
    """
    A = explicit("0")
    A[1][0] = a
    return RungeKutta(A, [0, 1])


@entry(reference="luo2022")
def ho_rk4(a: Coefficient = "1/2") -> RungeKutta:  # type: ignore[assignment]
    """HO-ResNet's RK-4 block with one network for all stages: the classical method rk4.

    a is the factor of the two states between, which HO-ResNet's flexible factors train; of order one unless it is 1/2.
    """
    return RungeKutta([[0] * 4, [a, 0, 0, 0], [0, a, 0, 0], [0, 0, 1, 0]], list(rk4().b))  # type: ignore[attr-defined]


@entry(reference="luo2022; verner1978")
def ho_rk8(s: Coefficient = "1") -> RungeKutta:  # type: ignore[assignment]
    """HO-ResNet's RK-8 block with one network for all stages: verner89, whose first fourteen stages carry the result.

    s is the factor of the whole increment, which HO-ResNet's flexible factors train: the limit is u' = s f.
    The published code differs from it in four coefficients, one of them a sign, and is not consistent.
    """
    scheme: RungeKutta = verner89()  # type: ignore[assignment]
    return scheme if s == 1 else RungeKutta(scheme.A, [s * weight for weight in scheme.b])


@entry(reference="luo2022")
def nested(outer: Scheme = "rk4", inner: Scheme = "midpoint") -> RungeKutta:  # type: ignore[assignment]
    """HO-ResNet's nesting: every evaluation of the outer scheme is the increment of one inner step; of order one."""
    return nest(outer, inner)


@entry(reference="luo2022")
def two_stage(
    w1: Coefficient = Symbol("w1"), w2: Coefficient = Symbol("w2"), a: Coefficient = Symbol("a")
) -> RungeKutta:
    """Two stages with free factors: limit W = w1 + w2, of order two after rescaling exactly if a w2 = W^2/2."""
    A = explicit("0")
    A[1][0] = a
    return RungeKutta(A, [w1, w2])


@entry(reference="polyak1964; su2016; lu2018")
def heavy_ball(c: Coefficient = Symbol("c"), s: Coefficient = "1/100") -> LinearMultistep:
    """Polyak's heavy ball with step s and momentum 1 - c sqrt(s): lm(k) with k = -1 + c sqrt(s) and h = s.

    With t = n sqrt(s) its limit as s -> 0 is u'' + c u' = f.
    """
    if not (s.is_number and s.is_positive):
        raise SchemeError(f"heavy_ball(s={s}): the step s must be a positive number")
    return lm(-1 + c * sqrt(s))  # type: ignore[return-value]

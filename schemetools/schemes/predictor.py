"""Predictor-corrector schemes, P(EC)^m E and P(EC)^m, as general linear methods."""

import re
from typing import Any

from sympy import Expr, Integer

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact import canonical
from schemetools.schemes.base import GeneralLinear, Scheme, as_scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.runge_kutta import RungeKutta

ZERO, ONE = Integer(0), Integer(1)
_MODE = re.compile(r"P(?:\(EC\)\^?(\d+)|((?:EC)+))(E?)")


def predictor_corrector(predictor: Any, corrector: Any, mode: str = "PECE") -> GeneralLinear:
    """An explicit multistep scheme that predicts, an implicit one that corrects m times.

        Y_0 = predicted,    Y_i = known + h beta_k f(Y_(i-1)),  i = 1..m,    u_(n+1) = Y_m

    `mode` is "PECE", "PEC", "PECECE" or "P(EC)^2E": with a last E the value h f(Y_m) is carried, without it that of
    Y_(m-1). Both schemes are multistep (or euler, trapezoid, backward_euler, theta(t)); the predictor has at least as
    many steps. Raises SchemeError for a predictor that is implicit or has too few steps, an explicit corrector, and
    another mode. Source: Lambert, Numerical Methods for Ordinary Differential Systems, section 4.2.

    >>> import schemetools as st
    >>> scheme = predictor_corrector("adams_bashforth(2)", "adams_moulton(1)")
    >>> st.order(scheme), scheme.stages
    (2, 2)
    """
    P, C = _multistep(predictor), _multistep(corrector)
    corrections, evaluates = _mode(mode)
    if not P.is_explicit:
        raise SchemeError(
            f"the predictor {P} is implicit; an explicit multistep scheme predicts, such as adams_bashforth(2)"
        )
    if C.is_explicit:
        raise SchemeError(
            f"the corrector {C} is explicit; an implicit multistep scheme corrects, such as adams_moulton(2)"
        )
    if P.steps < C.steps:
        raise SchemeError(
            f"the predictor {P} has {P.steps} steps and the corrector {C} {C.steps}; a predictor of at least as many "
            "steps was expected"
        )
    name = f"predictor_corrector({P}, {C}, {mode})"
    return _form(P, C, corrections, evaluates, name)


def _mode(mode: Any) -> tuple[int, bool]:
    match = _MODE.fullmatch(mode.replace(" ", "")) if isinstance(mode, str) else None
    count = 0 if match is None else int(match[1]) if match[1] else len(match[2]) // 2
    if match is None or not 1 <= count <= 100:
        raise SchemeError(f"mode is PECE, PEC, PECECE or P(EC)^2E, for 1 to 100 corrections; {mode!r} came")
    return count, bool(match[3])


def _multistep(scheme: Any) -> LinearMultistep:
    found: Scheme = as_scheme(scheme)
    if isinstance(found, LinearMultistep):
        return found
    if isinstance(found, RungeKutta):
        if found.A == ((ZERO,),) and found.b == (ONE,):
            return LinearMultistep([-1, 1], [1, 0], name=found.name, exact=found.exact)
        if found.A == ((ONE,),) and found.b == (ONE,):
            return LinearMultistep([-1, 1], [0, 1], name=found.name, exact=found.exact)
        if found.stages == 2 and not any(found.A[0]) and found.A[1] == found.b:
            return LinearMultistep([-1, 1], list(found.b), name=found.name, exact=found.exact)
    raise UnsupportedError(
        f"predictor_corrector takes two multistep schemes; {found} is of the kind {type(found).__name__}"
    )


def _newest_first(scheme: LinearMultistep) -> tuple[list[Expr], list[Expr]]:
    """Weights of u_n, u_(n-1), ... and of h f_(n+1), h f_n, ... in u_(n+1)."""
    scale = scheme.alpha[-1]
    states = [canonical(-a / scale) for a in scheme.alpha[-2::-1]]
    return states, [canonical(b / scale) for b in scheme.beta[::-1]]


def _form(P: LinearMultistep, C: LinearMultistep, corrections: int, evaluates: bool, name: str) -> GeneralLinear:
    (p_states, p_slopes), (c_states, c_slopes) = _newest_first(P), _newest_first(C)
    kept = max(_last(p_states), _last(c_states), 1)
    slopes = max(_last(p_slopes[1:]), _last(c_slopes[1:]))
    r, s = kept + slopes, corrections + evaluates

    def known(states: list[Expr], values: list[Expr]) -> list[Expr]:
        return [_at(states, i) for i in range(kept)] + [_at(values, i + 1) for i in range(slopes)]

    predicted, correcting = known(p_states, p_slopes), known(c_states, c_slopes)
    A = [[c_slopes[0] if i and j == i - 1 else ZERO for j in range(s)] for i in range(s)]
    U = [predicted if i == 0 else correcting for i in range(s)]
    result = [c_slopes[0] if j == corrections - 1 else ZERO for j in range(s)]
    B, V = [[ZERO] * s for _ in range(r)], [[ZERO] * r for _ in range(r)]
    B[0], V[0] = result, correcting
    for m in range(1, r):
        if m == kept:
            B[m][s - 1] = ONE
        else:
            V[m][m - 1] = ONE
    return GeneralLinear(A, U, B, V, name=name, exact=P.exact and C.exact)


def _last(values: list[Expr]) -> int:
    return max((i + 1 for i, v in enumerate(values) if v != 0), default=0)


def _at(values: list[Expr], i: int) -> Expr:
    return values[i] if i < len(values) else ZERO

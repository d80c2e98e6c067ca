"""The harmonic oscillator q'' = -w^2 q, nu = h w: the step of a scheme on (q, h q'), and where it is periodic.

Source: Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I, section II.14; Lambert, Watson, Symmetric
multistep methods for periodic initial value problems, IMA J. Appl. Math. 18 (1976).
"""

from typing import Any

import sympy
from sympy import QQ, Expr, Matrix

from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import (
    Polynomial,
    multiply,
    scale,
    subtract,
    trim,
)
from schemetools.analysis.algebra.real_roots import real_roots
from schemetools.analysis.algebra.sturm import odd_part
from schemetools.analysis.stability.model import Model
from schemetools.analysis.stability.step_matrix import step_matrix
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom


def periodicity(scheme: Scheme, model: Model) -> Expr:
    """The largest nu_0 with roots exp(+-i theta), theta real, for 0 < nu < nu_0; 0 where there is none."""
    if len(model.phi) != 3:
        raise UnsupportedError(f"{scheme} does not step a pair (q, q'), so that it has no interval of periodicity")
    if model.symbols:
        raise UnsupportedError("the interval of periodicity needs numbers; substitute the scheme's symbols first")
    K = model.base
    determinant, trace, leading = (_in_square(K, p) for p in model.phi)
    if trim(K, subtract(K, determinant, leading)):
        return sympy.Integer(0)
    gap = trim(K, subtract(K, scale(multiply(K, leading, leading), K.number(QQ(4))), multiply(K, trace, trace)))
    first = next((c for c in gap if not K.is_zero(c)), None)
    if first is None or K.sign(first) < 0:
        return sympy.Integer(0)
    roots = real_roots(K, odd_part(K, gap), low=QQ.zero)
    return sympy.sqrtdenest(sympy.sqrt(roots[0].expr)) if roots else sympy.oo


def _in_square(K: Field, p: Polynomial) -> Polynomial:
    """A polynomial in z as one in nu^2 = -z^2."""
    if any(not K.is_zero(c) for c in p[1::2]):
        raise UnsupportedError("the step on q'' = -w^2 q is not a function of w^2")
    return [c if n % 2 == 0 else -c for n, c in enumerate(p[::2])]


def oscillation_matrix(scheme: Scheme, nu: Any) -> Matrix:
    """M(nu): (q, h q') one step later, for q'' = -w^2 q, nu = h w; entries are rational in nu^2."""
    step, square = step_matrix(scheme), sympy.sympify(nu) ** 2
    if len(step.N) != 2:
        raise UnsupportedError(f"{scheme} does not step a pair (q, q')")

    def value(p: Polynomial, shift: int) -> Expr:
        """p(z) z^shift at z = i nu, an even power."""
        terms = [(step.domain.to_sympy(c), (m + shift) // 2) for m, c in enumerate(p) if c]
        return sympy.Add(*(c * (-square) ** k for c, k in terms))

    below = value(step.Q, 0)
    first, second = (0, 1) if _position_first(scheme) else (1, 0)
    order = [(first, first, 0), (first, second, -1), (second, first, 1), (second, second, 0)]
    return Matrix(2, 2, [sympy.cancel(value(step.N[i][j], shift) / below) for i, j, shift in order])


def _position_first(scheme: Scheme) -> bool:
    """Whether the pair is (q, p), as in Nystrom methods, rather than (p, q), as in partitioned ones."""
    return isinstance(scheme, RungeKuttaNystrom)

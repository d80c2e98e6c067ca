"""Linear dissipation and dispersion: the principal root on z = i y, expanded in y."""

from typing import Any

import sympy
from sympy import Expr, Symbol

from schemetools.analysis.algebra import Field, Polynomial, multiply
from schemetools.analysis.stability_model import Bivariate, Model, reduced
from schemetools.errors import SchemeError


def log_principal_root(K: Field, phi: Bivariate, order: int) -> Polynomial:
    """The coefficients l_0 = 0, l_1 = limit, ..., l_order of log(zeta(z)), zeta the root with zeta(0) = 1.

    Raises SchemeError where 1 is no simple root at z = 0.
    """
    tilt = sum((K.number(j) * p[0] for j, p in enumerate(phi) if p), K.zero)
    if not tilt:
        raise SchemeError("the root w = 1 at z = 0 is not simple, so there is no principal root to expand")
    zeta = [K.one]
    for n in range(1, order + 1):
        zeta.append(K.zero)
        zeta[n] = -_composed(K, phi, zeta, n) / tilt
    logarithm = [K.zero]
    for n in range(1, order + 1):  # n zeta_n = sum_m m l_m zeta_(n-m)
        known = sum((K.number(m) * logarithm[m] * zeta[n - m] for m in range(1, n)), K.zero)
        logarithm.append(zeta[n] - known / K.number(n))
    return logarithm


def _composed(K: Field, phi: Bivariate, zeta: Polynomial, n: int) -> Any:
    """The coefficient of z^n in Phi(zeta(z), z)."""
    value: Polynomial = []
    for p in reversed(phi):
        value = multiply(K, value, zeta)[: n + 1]
        value += [K.zero] * (max(len(p), len(value)) - len(value))
        for m, c in enumerate(p):
            value[m] += c
    return value[n] if n < len(value) else K.zero


def expansions(model: Model, order: int, y: Symbol) -> tuple[Expr, Expr]:
    """(log|zeta(i y)|, arg zeta(i y) - limit y) through y^order: damping and phase error, negative for a lag."""
    K = Field(model.domain)
    series = [model.domain.to_sympy(c) for c in log_principal_root(K, reduced(K, model.phi), order)]
    damping = sympy.Add(*((-1) ** (n // 2) * series[n] * y**n for n in range(2, order + 1, 2)))
    phase = sympy.Add(*((-1) ** (n // 2) * series[n] * y**n for n in range(3, order + 1, 2)))
    return damping, phase


def limit_of(model: Model) -> Expr:
    """The factor in the scheme's limit u' = limit * f on the linear test equation."""
    K = Field(model.domain)
    return model.domain.to_sympy(log_principal_root(K, reduced(K, model.phi), 1)[1])

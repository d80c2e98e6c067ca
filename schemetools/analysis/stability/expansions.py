"""Linear dissipation and dispersion: the principal root on z = i y, expanded in y."""

from typing import Any

import sympy
from sympy import Expr, Symbol

from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import Polynomial, multiply
from schemetools.analysis.stability.model import Bivariate, Model, reduced
from schemetools.errors import SchemeError


def log_principal_root(K: Field, phi: Bivariate, order: int) -> Polynomial:
    """The coefficients l_0 = 0, l_1 = limit, ..., l_order of log(zeta(z)), zeta the root with zeta(0) = 1.

    For a partitioned scheme two roots start from 1, as e^(limit z) and e^(-limit z); the first of them is followed.
    Raises SchemeError where the roots from 1 are no power series in z.
    """
    zeta, pivot, ahead = _start(K, phi)
    for n in range(len(zeta), order + 1):
        zeta.append(K.zero)
        zeta[n] = -_composed(K, phi, zeta, n + ahead) / pivot
    logarithm = [K.zero]
    for n in range(1, order + 1):  # n zeta_n = sum_m m l_m zeta_(n-m)
        known = sum((K.number(m) * logarithm[m] * zeta[n - m] for m in range(1, n)), K.zero)
        logarithm.append(zeta[n] - known / K.number(n))
    return logarithm


def _start(K: Field, phi: Bivariate) -> tuple[Polynomial, Any, int]:
    """The first terms of zeta, what multiplies zeta_n in Phi(zeta(z), z), and in which term: z^(n + ahead)."""
    first = sum((K.number(j) * p[0] for j, p in enumerate(phi) if p), K.zero)
    if first:
        return [K.one], first, 0
    second = sum((K.number(j * (j - 1)) * p[0] for j, p in enumerate(phi) if p), K.zero)
    mixed = sum((K.number(j) * p[1] for j, p in enumerate(phi) if len(p) > 1), K.zero)
    square = sum((p[2] for p in phi if len(p) > 2), K.zero)
    if second and not mixed and square == -second / K.number(2):  # (w - 1)^2 = z^2 to leading order
        return [K.one, K.one], second, 1
    raise SchemeError(
        "the limit u' = limit * f is zero or infinite: the roots that start from 1 are no power series in z"
    )


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


def normalise(model: Model) -> Model:
    """The model in the variable z' = limit * z, where the scheme's limit is u' = limit * f.

    Raises SchemeError where the limit is zero or infinite.
    """
    K = Field(model.domain)
    limit = log_principal_root(K, reduced(K, model.phi), 1)[1]
    if not limit:
        raise SchemeError("the limit u' = limit * f is zero: only the raw region (normalized=False) exists")
    phi = [[c / limit**m for m, c in enumerate(p)] for p in model.phi]
    return Model.over(model.domain, phi, model.at_zero, model.as_written)


def limit_of(model: Model) -> Expr:
    """The factor in the scheme's limit u' = limit * f on the linear test equation."""
    K = Field(model.domain)
    return model.domain.to_sympy(log_principal_root(K, reduced(K, model.phi), 1)[1])

"""From the exact characteristic polynomial to floats: the one gate between verdicts and pictures."""

# NumPy's stubs refuse .real and .imag of an array whose type is not known.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np
from sympy import Expr, S

from schemetools import exact
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.isolation import HAS_FLINT, cleared
from schemetools.analysis.regions.membership import MONOMIAL_DEGREE
from schemetools.analysis.regions.model import NumericModel
from schemetools.analysis.stability.model import Model, reduced, z_degree
from schemetools.analysis.stability.verdicts import is_zero_stable
from schemetools.errors import UnsupportedError

if HAS_FLINT:
    import flint

DIGITS = 30


def numeric_model(model: Model, unit: Expr = S.One) -> NumericModel:
    """The float form of a model without free symbols, whose variable is `unit` times z.

    Raises UnsupportedError for one with free symbols.
    """
    if model.symbols:
        names = ", ".join(map(str, model.symbols))
        raise UnsupportedError(
            f"a region needs numbers; the scheme has the free symbols {names}: use scheme.subs first"
        )
    phi, everywhere = reduced(model.base, model.phi), None
    if z_degree(phi) < 1:
        phi = [[c] for c in model.at_zero]
        everywhere = is_zero_stable(model.base, model.at_zero)
    if unit == 1:
        rounded = [[_number(model, c) for c in p] for p in phi]
    else:
        rounded = [_scaled([model.domain.to_sympy(c) for c in p], unit) for p in phi]
    table = np.zeros((len(phi), max(map(len, phi))), dtype=complex if model.is_complex else float)
    for row, p in zip(table, rounded, strict=True):
        row[: len(p)] = p
    high = len(phi) == 2 and table.shape[1] > MONOMIAL_DEGREE + 1
    zeros = tuple(_zeros(model.base, p) / exact.to_float(unit) for p in phi) if high else None
    return NumericModel(table, zeros, everywhere)  # type: ignore[arg-type]


def _scaled(values: Sequence[Expr], unit: Expr) -> list[float]:
    """Coefficient m times unit^m: these powers may be below every double, and exactly they are very long."""
    with mpmath.workdps(DIGITS):
        return [float(mpmath.mpf(v.p) / v.q * (mpmath.mpf(unit.p) / unit.q) ** m) for m, v in enumerate(values)]  # type: ignore[attr-defined]


def _number(model: Model, element: Any) -> complex:
    value = model.domain.to_sympy(element)
    return exact.to_complex(exact.canonical(value)) if model.is_complex else exact.to_float(value)


def _zeros(K: Field, p: Sequence[Any]) -> np.ndarray:
    """The zeros of a polynomial of high degree, from its exact coefficients in enough digits."""
    if len(p) < 2:
        return np.empty(0, dtype=complex)
    if HAS_FLINT and K.domain.is_QQ:
        roots: Any = flint.fmpz_poly(cleared(K, list(p))).complex_roots()
        return np.array([complex(root) for root, multiplicity in roots for _ in range(multiplicity)])
    return _zeros_in_digits(K, p)


def _zeros_in_digits(K: Field, p: Sequence[Any]) -> np.ndarray:
    """By simultaneous iteration in floating point of many digits, where there are no proven enclosures."""
    digits = 20 + 2 * len(p)
    with mpmath.workdps(digits):
        coefficients = [mpmath.mpmathify(K.domain.to_sympy(c).evalf(digits)) for c in reversed(p)]
        scale = abs(coefficients[-1] / coefficients[0]) ** (mpmath.mpf(1) / (len(p) - 1))
        scaled = [c * scale ** (len(p) - 1 - j) for j, c in enumerate(coefficients)]
        for more in (4, 16, 64):
            try:
                return np.array(
                    [complex(z * scale) for z in mpmath.polyroots(scaled, maxsteps=1000, extraprec=more * digits)]
                )
            except mpmath.libmp.NoConvergence:
                continue
    raise UnsupportedError(
        f"the zeros of a polynomial of degree {len(p) - 1} were not found, so the region is not drawn"
    )

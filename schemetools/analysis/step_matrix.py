"""One step on the linear test equation: x -> M(z) x with M(z) = N(z)/Q(z), exactly."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr
from sympy.polys.domains.domain import Domain

from schemetools import exact
from schemetools.analysis.algebra import Field, Polynomial, add, multiply, scale, trim
from schemetools.errors import SchemeError
from schemetools.schemes.base import Scheme
from schemetools.schemes.normal_form import GeneralLinear

Rows = list[list[Any]]


@dataclass(frozen=True, eq=False)
class StepMatrix:
    """M(z) = V + z B (I - zA)^-1 U = N(z)/Q(z), Q(z) = det(I - zA), entries over an exact domain."""

    domain: Domain
    Q: Polynomial
    N: list[list[Polynomial]]
    V: Rows


@functools.lru_cache(maxsize=512)
def normal_form(scheme: Scheme) -> GeneralLinear:
    """The scheme's normal form, which is built anew at each call of its method."""
    return scheme.normal_form()


def step_matrix(scheme: Scheme, shares: Mapping[str, Any] | None = None) -> StepMatrix:
    """The step of a scheme's normal form on u' = sum_i share_i lambda u, z = h lambda.

    N = Q (V + z B (I - zA)^-1 U) is a polynomial of degree s: a truncated Neumann series, so nothing is inverted.
    Equal shares that sum to 1 by default; all shares are 1 for a partitioned scheme, p' = lambda q, q' = lambda p.
    """
    form = normal_form(scheme)
    weights = _shares(form, shares)
    s, r = form.stages, form.values
    arrays = (form.A, form.U, form.B[:r], form.V[:r])
    domain, elements = exact.to_domain([c for array in arrays for row in array for c in row] + list(weights))
    values = iter(elements)
    A, U, B, V = ([[next(values) for _ in row] for row in array] for array in arrays)
    share = list(values)
    A, B = ([[a * c for a, c in zip(row, share, strict=True)] for row in array] for array in (A, B))
    K = Field(domain)
    Q = [K.one] if form.is_explicit else characteristic_polynomial(K, A)[::-1]
    series, power = [V], U
    for _ in range(s):
        series.append(product(K, B, power))
        power = product(K, A, power)
    N = [[trim(K, multiply(K, Q, [m[i][j] for m in series])[: s + 1]) for j in range(r)] for i in range(r)]
    return StepMatrix(domain, trim(K, Q), N, V)


def _shares(form: GeneralLinear, shares: Mapping[str, Any] | None) -> tuple[Expr, ...]:
    fields = form.fields
    if form.parts > 1:
        return (sympy.Integer(1),) * form.stages
    if shares is None:
        return (sympy.Rational(1, len(fields)),) * form.stages
    if set(shares) != set(fields):
        raise SchemeError(
            f"shares came for {sorted(shares)}; the scheme's fields are {sorted(fields)}: give one share for each"
        )
    return tuple(exact.coefficient(shares[c]) for c in form.colours)


def product(K: Field, A: Rows, B: Rows) -> Rows:
    """A B, for matrices of elements."""
    columns = list(zip(*B, strict=True))
    return [
        [sum((a * b for a, b in zip(row, column, strict=True) if a and b), K.zero) for column in columns] for row in A
    ]


def characteristic_polynomial(K: Field, A: Rows) -> list[Any]:
    """det(w I - A), ascending in w, untrimmed."""
    constant = [[trim(K, [a]) for a in row] for row in A]
    return [c[0] if c else K.zero for c in monic_characteristic(K, constant)]


def monic_characteristic(K: Field, N: list[list[Polynomial]]) -> list[Polynomial]:
    """det(w I - N) for a matrix of polynomials in z, ascending in w (Faddeev and LeVerrier)."""
    r = len(N)
    coefficients: list[Polynomial] = [[K.one]]
    M: list[list[Polynomial]] = [[[] for _ in range(r)] for _ in range(r)]
    for step in range(1, r + 1):
        for i in range(r):
            M[i][i] = add(K, M[i][i], coefficients[-1])
        M = [[_dot(K, row, [M[m][j] for m in range(r)]) for j in range(r)] for row in N]
        trace = functools.reduce(lambda p, i: add(K, p, M[i][i]), range(r), [])
        coefficients.append(scale(trace, -K.one / K.number(step)))
    return coefficients[::-1]


def _dot(K: Field, row: Sequence[Polynomial], column: Sequence[Polynomial]) -> Polynomial:
    terms = (multiply(K, f, g) for f, g in zip(row, column, strict=True) if f and g)
    return functools.reduce(lambda p, t: add(K, p, t), terms, [])


def minimal_polynomial(K: Field, V: Rows) -> Polynomial:
    """The polynomial of least degree that annihilates V: power-boundedness is its root condition."""
    basis: list[tuple[int, list[Any], list[Any]]] = []  # (pivot, flattened power reduced, its combination of powers)
    power = [[K.one if i == j else K.zero for j in range(len(V))] for i in range(len(V))]
    n = 0
    while True:
        vector = [a for row in power for a in row]
        combination = [K.zero] * n + [K.one]
        for pivot, other, how in basis:
            if factor := vector[pivot]:
                vector = [a - factor * b for a, b in zip(vector, other, strict=True)]
                combination = add(K, combination, scale(how, -factor))
        pivot = next((i for i, a in enumerate(vector) if a), None)
        if pivot is None:
            return combination
        inverse = K.one / vector[pivot]
        basis.append((pivot, [a * inverse for a in vector], scale(combination, inverse)))
        power = product(K, power, V)
        n += 1

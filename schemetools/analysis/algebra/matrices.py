"""Matrices over an exact domain: products, characteristic and minimal polynomials."""

import functools
from collections.abc import Sequence
from typing import Any

from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import Polynomial, add, multiply, scale, trim

Rows = list[list[Any]]


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

"""Geometric properties, decided exactly: symplecticity, symmetry, the order to which energies are kept."""

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer

from schemetools.analysis.properties import second_order
from schemetools.analysis.properties.agreement import missed_by
from schemetools.analysis.properties.judgement import STRICT
from schemetools.analysis.properties.order import order
from schemetools.analysis.properties.recover import recovered
from schemetools.analysis.properties.symmetry import is_own_adjoint
from schemetools.analysis.series.solve import modified_series
from schemetools.analysis.trees.tree import Tree, trees_by_id
from schemetools.errors import UnsupportedError
from schemetools.exact import canonical, size
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.arrays import Matrix, Vector
from schemetools.schemes.base import GeneralLinear, Scheme, as_scheme
from schemetools.schemes.collocation import Collocation
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.reduction import reduced_multistep, reduced_runge_kutta
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom

MAX_EXTRA = 4


def _zero(value: Expr, tolerance: float = 0.0) -> bool:
    if value == 0 or (tolerance and value.is_number and size(value) <= tolerance):
        return True
    return canonical(value) == 0


def _meant(scheme: Scheme) -> tuple[Scheme, float]:
    """What geometry is decided for, and what an equation of some coefficients below 1 may be missed by: approximate
    coefficients stand for the exact scheme where it is recovered, else for one within their digits.
    """
    found = recovered(scheme)
    if found is not None:
        return found, 0.0
    return scheme, missed_by(scheme, STRICT)


def _tableau_of(scheme: Scheme) -> Scheme:
    """A general linear method that carries the state alone is a Runge-Kutta method; for others nothing is decided."""
    if not isinstance(scheme, GeneralLinear):
        return scheme
    if scheme.values > 1 or len(scheme.fields) > 1:
        raise UnsupportedError(f"{scheme} is a general linear method; give its Runge-Kutta or multistep form")
    return RungeKutta(scheme.A, scheme.B[0], **scheme._labels())


def is_symplectic(s: Any) -> bool:
    """Whether the scheme keeps the symplectic form of every Hamiltonian system.

        b_i A_ij + b_j A_ji = b_i b_j                   (Runge-Kutta, reduced; additive: for every pair of fields)
        b_i A^G_ij + b^G_j A_ji = b_i b^G_j             (partitioned, for a separable H = T(p) + V(q))
        b_i = b'_i (1 - c_i),  b'_i (b_j - A_ij) = b'_j (b_i - A_ji)                              (Nystrom)

    With free symbols: whether it does for all their values. A multistep method is not, unless it is a symplectic
    one-step method. Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, theorems VI.4.3, VI.4.6, VI.10.1;
    Suris (1988) for Nystrom methods.
    Raises UnsupportedError for general linear methods that are no Runge-Kutta method.

    >>> import schemetools as st
    >>> st.is_symplectic("gauss(2)"), st.is_symplectic("rk4")
    (True, False)
    """
    given = _tableau_of(as_scheme(s, imaginary=True))
    if isinstance(given, Collocation):
        return given.theory.symplectic
    scheme, e = _meant(given)
    if isinstance(scheme, RungeKutta):
        small = reduced_runge_kutta(scheme)
        return _compatible(small.A, small.b, small.A, small.b, scheme)
    if isinstance(scheme, RungeKuttaNystrom):
        return second_order.is_symplectic(scheme, lambda value: _zero(value, e))
    if isinstance(scheme, AdditiveRungeKutta):
        tables = [tableau for _, tableau in scheme.tableaux]
        if scheme.partitioned:
            first, second = tables
            return _compatible(second.A, first.b, first.A, second.b, scheme)
        same = all(_zero(x - y, e) for t in tables for x, y in zip(t.b, tables[0].b, strict=True))
        return same and all(_compatible(v.A, w.b, w.A, v.b, scheme) for v in tables for w in tables)
    return False


def _compatible(A: Matrix, b: Vector, other: Matrix, other_b: Vector, scheme: Scheme) -> bool:
    """b_i A_ij + b'_j A'_ji = b_i b'_j, to the digits of the scheme: each factor may be off by a unit in its last."""
    s = range(len(b))

    def holds(x: Expr, a: Expr, y: Expr, a_: Expr) -> bool:
        e = 0.0 if scheme.exact else missed_by(scheme, 2 * (size(x) + size(y)) + size(a) + size(a_))
        return _zero(x * a + y * a_ - x * y, e)

    return all(holds(b[i], A[i][j], other_b[j], other[j][i]) for i in s for j in s)


def is_symmetric(s: Any) -> bool:
    """Whether the scheme is its own adjoint: a step with -h undoes a step with h.

    Runge-Kutta: A_(pi i, pi j) + A_ij = b_j, b_(pi j) = b_j for some order pi of the stages, found by telling stages
    apart (`symmetry`); additive and partitioned schemes alike, with one tableau per field. Multistep,
    reduced: alpha_j = -alpha_(k-j), beta_j = beta_(k-j) up to a common sign.
    Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, theorem V.2.3 and section XV.1.
    Raises UnsupportedError for general linear methods that are no Runge-Kutta method.

    >>> import schemetools as st
    >>> st.is_symmetric("trapezoid"), st.is_symmetric("euler")
    (True, False)
    """
    given = _tableau_of(as_scheme(s, imaginary=True))
    if isinstance(given, Collocation):
        return given.theory.symmetric
    scheme, e = _meant(given)
    if isinstance(scheme, LinearMultistep):
        return _symmetric_multistep(reduced_multistep(scheme), e)
    if isinstance(scheme, RungeKuttaNystrom):
        return second_order.is_own_adjoint(scheme, lambda value: _zero(value, e))
    if isinstance(scheme, (RungeKutta, AdditiveRungeKutta)):
        return is_own_adjoint(scheme.normal_form(), e)
    return False


def _symmetric_multistep(scheme: LinearMultistep, e: float) -> bool:
    a, b = scheme.alpha, scheme.beta
    return any(
        all(_zero(x + sign * y, e) for x, y in zip(a, a[::-1], strict=True))
        and all(_zero(x - sign * y, e) for x, y in zip(b, b[::-1], strict=True))
        for sign in (1, -1)
    )


def energy_order(s: Any, *, through: int | None = None) -> int:
    """The largest n, up to `through`, such that every Hamiltonian drifts by O(h^n) only: at least the order.

    The drift of H is sum over t of b(t)/sigma(t) H([t]), and moving the root of [t] along an edge changes the sign of
    H([t]) only: the coefficients of every free tree must add up to 0. `through` is p + 4 unless given.
    Source: Faou, Hairer, Pham, Energy conservation with non-symplectic methods, BIT 44 (2004).

    >>> import schemetools as st
    >>> st.energy_order("rk4"), st.energy_order("heun2")
    (4, 2)
    """
    scheme = as_scheme(s)
    least = order(scheme)
    top = least + MAX_EXTRA if through is None else through
    scheme, e = _meant(scheme)
    series = modified_series(scheme, top)
    if not series.grammar.plain:
        raise UnsupportedError(f"energy_order is derived for schemes with one field; {scheme} has several")
    names = trees_by_id(series.grammar, top)
    drift: dict[Tree, Expr] = {}
    for t, tree in enumerate(names):
        if tree.order == 1 or not series.numerators[t]:
            continue
        representative, sign = _free_tree(Tree((1, *(level + 1 for level in tree.level_sequence))))
        if sign:
            value = series.value(t, tree.order) / tree.symmetry * sign
            drift[representative] = drift.get(representative, Integer(0)) + value
    broken = [tree.order - 2 for tree, value in drift.items() if tree.order - 2 >= least and not _zero(value, e)]
    return min(broken, default=top)


def _free_tree(tree: Tree) -> tuple[Tree, int]:
    """(the least of the rooted versions of a tree, the sign of moving the root there); sign 0 where H vanishes."""
    found: dict[Tree, int] = {}
    waiting = [(tree, 1)]
    while waiting:
        current, sign = waiting.pop()
        if current in found:
            if found[current] != sign:
                return current, 0
            continue
        found[current] = sign
        for i, child in enumerate(current.children):
            rest = [c for j, c in enumerate(current.children) if j != i]
            waiting.append((_grafted(child, _rooted(rest)), -sign))
    least = min(found, key=lambda t: t.level_sequence)
    return least, found[least]


def _rooted(children: Sequence[Tree]) -> Tree:
    levels = (1, *(level + 1 for child in children for level in child.level_sequence))
    return Tree.from_level_sequence(levels)


def _grafted(tree: Tree, branch: Tree) -> Tree:
    return _rooted([*tree.children, branch])

"""What a modified equation says about a concrete system: a right-hand side for solvers, energies, first integrals."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy
from sympy import CRootOf, Expr, Integer, Symbol

from schemetools.analysis.algebra.closure import algebra_for
from schemetools.analysis.modified.differentials import Differentials, concrete_orders
from schemetools.analysis.modified.facts import EquationFacts
from schemetools.analysis.modified.fields import components
from schemetools.analysis.properties.geometry import is_symplectic
from schemetools.analysis.series.solve import modified_series
from schemetools.analysis.trees.forest import forest, symmetries
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact import expression
from schemetools.schemes.reduction import reduced_runge_kutta
from schemetools.schemes.runge_kutta import RungeKutta

Right = Callable[..., np.ndarray]


def solver(eq: EquationFacts, f: Any, u: Any, h: Any = None, t: Any = None) -> Right:
    """A NumPy right-hand side for `scipy.integrate.solve_ivp`: rhs(t, y), or rhs(t, y, h) where h is left open.

    y has shape (n,) or (n, m) for m states at once; it is complex where the field is. Raises SchemeError where symbols
    remain that have no value.
    """
    step = Symbol("h") if h is None else expression(h)
    time = Symbol("t") if t is None else t
    field = concrete_field(eq, f, u, step, t)
    _, variables = components(eq, f, u, t)
    arguments = (time, *variables) + ((step,) if h is None else ())
    open_symbols = set().union(*(c.free_symbols for c in field)) - set(arguments)
    if open_symbols:
        names = ", ".join(sorted(map(str, open_symbols)))
        raise SchemeError(f"{names} has no number: put values into f, and into the scheme with .subs({{...}})")
    roots = {root: root.evalf(20) for component in field for root in component.atoms(CRootOf)}
    function = sympy.lambdify(arguments, [component.xreplace(roots) for component in field], "numpy", cse=True)

    def right(t: float, y: np.ndarray, *rest: float) -> np.ndarray:
        values = np.asarray(y)
        if eq.scheme.is_complex and not np.iscomplexobj(values):
            raise SchemeError(
                f"the field of {eq.scheme:s} is complex; start it from a complex array, y0.astype(complex)"
            )
        result = np.empty_like(values, dtype=np.result_type(values, float))
        for i, component in enumerate(function(t, *values, *rest)):
            result[i] = component
        return result

    return right


MIDPOINT, TRAPEZOID = RungeKutta([["1/2"]], [1]), RungeKutta([[0, 0], ["1/2", "1/2"]], ["1/2", "1/2"])


def _symplectic(eq: EquationFacts, hamiltonian: Expr, variables: Sequence[Any]) -> EquationFacts:
    """The equation, or that of the implicit midpoint rule where the trapezoidal rule coincides with it."""
    if is_symplectic(eq.scheme):
        return eq
    if not isinstance(eq.scheme, RungeKutta) or reduced_runge_kutta(eq.scheme) != TRAPEZOID:
        raise UnsupportedError(f"{eq.scheme} is not symplectic, so it has no modified Hamiltonian")
    if hamiltonian.is_polynomial(*variables) and sympy.Poly(hamiltonian, *variables).total_degree() <= 2:
        return replace(eq, scheme=MIDPOINT, series=modified_series(MIDPOINT, eq.order))
    raise UnsupportedError(
        f"{eq.scheme} is conjugate to the implicit midpoint rule, and its modified Hamiltonian is that rule's in the "
        "variables y + h/2 f(y): ask for modified_equation(implicit_midpoint); for a quadratic H both are one"
    )


def modified_hamiltonian(eq: EquationFacts, hamiltonian: Expr, p: Any, q: Any, h: Any) -> Expr:
    """The energy that a symplectic scheme keeps, H + h H_2 + ..., for p' = -dH/dq, q' = dH/dp, through h^(order-1).

        H_n = (1/n) sum over the trees of order n of b(t)/sigma(t) H(t),   H([t_1, ..., t_m]) = H^(m)(F(t_1), ...,
        F(t_m))

    A partitioned scheme takes a separable H = T(p) + V(q). The trapezoidal rule has it for a quadratic H, for which it
    is the implicit midpoint rule. Raises UnsupportedError for a scheme that is not symplectic.
    Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, section IX.9.2 (there a sum over free trees).
    """
    eq = _symplectic(eq, expression(hamiltonian), [*_symbols(p), *_symbols(q)])
    momenta, positions = _symbols(p), _symbols(q)
    if len(momenta) != len(positions):
        raise SchemeError(
            f"p has {len(momenta)} components and q {len(positions)}; a Hamiltonian system has as many of both"
        )
    variables = (*momenta, *positions)
    energies, fields = _hamiltonian_fields(eq, expression(hamiltonian), momenta, positions)
    algebra = algebra_for([*energies, *(c for field in fields for c in field)], variables)
    table = forest(eq.series.grammar)
    inner = Differentials(table, algebra, fields)
    outer = Differentials(table, algebra, [[energy] for energy in energies], inner=inner)
    sigma = symmetries(eq.series.grammar, eq.order)
    terms = []
    for n in range(1, eq.order + 1):
        ids = [i for i in table.ids(n) if eq.series.numerators[i]]
        parts = [eq.series.value(i, n) / sigma[i] / n * algebra.expression(outer[i][0]) for i in ids]
        terms.append(expression(h) ** (n - 1) * sympy.expand(sympy.Add(*parts)))
    return sympy.Add(*terms)


def _symbols(values: Any) -> tuple[Symbol, ...]:
    return (values,) if isinstance(values, Symbol) else tuple(values)


def _hamiltonian_fields(
    eq: EquationFacts, energy: Expr, p: Sequence[Symbol], q: Sequence[Symbol]
) -> tuple[list[Expr], list[list[Expr]]]:
    """(the energy at a root, the field) per colour."""
    zeros = [Integer(0)] * len(p)
    force, velocity = [-energy.diff(x) for x in q], [energy.diff(x) for x in p]
    if len(eq.fields) == 1:
        return [energy], [force + velocity]
    if not eq.is_partitioned:
        raise UnsupportedError("an additive scheme with shared stages is given no modified Hamiltonian")
    potential, kinetic = sympy.expand(energy).as_independent(*p, as_Add=True)
    if kinetic.free_symbols & set(q):
        raise SchemeError("a partitioned scheme takes a separable Hamiltonian T(p) + V(q)")
    return [potential, kinetic], [force + zeros, zeros + velocity]


def first_integral_drift(eq: EquationFacts, integral: Expr, f: Any, u: Any) -> tuple[Expr, ...]:
    """grad I . f_n for the coefficients f_n of h^0, h^1, ... of the modified field: zeros say to which order I is
    kept."""
    _, variables = components(eq, f, u)
    slopes = [expression(integral).diff(x) for x in variables]
    drifts = (sympy.Add(*(g * c for g, c in zip(slopes, term, strict=True))) for term in concrete_terms(eq, f, u))
    return tuple(sympy.simplify(drift) for drift in drifts)


def first_integral_order(eq: EquationFacts, integral: Expr, f: Any, u: Any) -> int:
    """The largest n <= order such that the first n coefficients of the modified field keep the integral: drift
    O(h^n)."""
    drifts = first_integral_drift(eq, integral, f, u)
    return next((n for n, drift in enumerate(drifts) if drift != 0), len(drifts))


def concrete_field(eq: EquationFacts, f: Any, u: Any, h: Any, t: Any = None) -> tuple[Expr, ...]:
    """The modified vector field for concrete f, as the sum over the powers of h."""
    orders = concrete_terms(eq, f, u, t)
    step = expression(h)
    return tuple(sympy.Add(*(step**n * term[i] for n, term in enumerate(orders))) for i in range(len(orders[0])))


def _check_linear(label: str, field: Sequence[Expr], variables: Sequence[Symbol]) -> None:
    """Refuse a field that is no matrix times the variables: trees of it have one branch."""
    for component in field:
        slopes = [component.diff(x) for x in variables]
        rest = sympy.expand(component - sympy.Add(*(s * x for s, x in zip(slopes, variables, strict=True))))
        if rest != 0 or any(s.has(*variables) for s in slopes):
            raise SchemeError(
                f"the field {label} of this scheme is linear, a constant matrix times the variables; {component} came"
            )


def concrete_terms(eq: EquationFacts, f: Any, u: Any, t: Any = None) -> list[list[Expr]]:
    """The coefficients of h^0, h^1, ... of the modified vector field, each with one expression per component."""
    fields, variables = components(eq, f, u, t)
    grammar = eq.series.grammar
    for colour in grammar.linear:
        _check_linear(grammar.colours[colour], fields[colour], variables)
    if t is None:
        return concrete_orders(eq.series, fields, variables)
    time = expression(t)
    if not time.is_Symbol or time in variables:
        raise SchemeError(f"t = {t} came; give a symbol that is none of the variables")
    series = eq.with_time().series
    zero, one = Integer(0), Integer(1)
    extended = [(*fields[0], zero), (*(zero for _ in variables), one)]
    return [row[:-1] for row in concrete_orders(series, extended, (*variables, time))]

"""Schemes as diffrax solvers."""

import functools
from typing import Any, ClassVar

import diffrax  # pyright: ignore[reportMissingImports]
import jax.numpy as jnp  # pyright: ignore[reportMissingImports]
import numpy as np
import optimistix  # pyright: ignore[reportMissingImports]

from schemetools.analysis.properties.order import order
from schemetools.errors import UnsupportedError
from schemetools.interop.tables import FloatTable, float_table
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme
from schemetools.schemes.runge_kutta import RungeKutta

ITERATIONS = 50
ROUNDINGS = 1e3


def solver(scheme: Scheme, options: dict[str, Any]) -> Any:
    """The solver object of a Runge-Kutta scheme, or of an additive one with one implicit part at most."""
    if isinstance(scheme, RungeKutta):
        table = float_table(scheme, target="to_diffrax")
        return _explicit(scheme, table, options) if table.is_explicit else _implicit(scheme, table, options)
    if isinstance(scheme, AdditiveRungeKutta) and not scheme.partitioned:
        return _additive(scheme, [float_table(t, target="to_diffrax") for _, t in scheme.tableaux], options)
    raise UnsupportedError(
        f"to_diffrax takes Runge-Kutta schemes, explicit, diagonally implicit or additive; {scheme} is of another kind"
    )


def _explicit(scheme: Scheme, table: FloatTable, options: dict[str, Any]) -> Any:
    members = _members(scheme, _tableau(table.with_result()), table.error is not None)
    members["interpolation_cls"] = diffrax.ThirdOrderHermitePolynomialInterpolation.from_k
    return _class(scheme, (diffrax.AbstractERK,), members)(**options)


def _implicit(scheme: Scheme, table: FloatTable, options: dict[str, Any]) -> Any:
    """With a slope at both ends the interpolant is Hermite's, else linear."""
    has_slopes = not table.A[0].any() and (table.A[-1] == table.b).all()
    table = table.with_result() if len(table.b) == 1 else table
    members = _members(scheme, _tableau(table), table.error is not None)
    hermite = diffrax.ThirdOrderHermitePolynomialInterpolation.from_k
    members["interpolation_cls"] = hermite if has_slopes else LINEAR
    return _class(scheme, (diffrax.AbstractDIRK,), members)(**options)


def _additive(scheme: AdditiveRungeKutta, tables: list[FloatTable], options: dict[str, Any]) -> Any:
    if len(tables[0].b) == 1:
        tables = [table.with_result() for table in tables]
    implicit = [table for table in tables if not table.is_explicit]
    if len(implicit) > 1:
        raise UnsupportedError(f"diffrax takes one implicit part; {scheme} has {len(implicit)}")
    has_error = all(table.error is not None for table in tables)
    members = _members(scheme, diffrax.MultiButcherTableau(*map(_tableau, tables)), has_error)
    members["interpolation_cls"] = LINEAR
    members["calculate_jacobian"] = (
        diffrax.CalculateJacobian.every_stage if implicit else diffrax.CalculateJacobian.never
    )
    bases = (diffrax.AbstractRungeKutta, diffrax.AbstractImplicitSolver) if implicit else (diffrax.AbstractRungeKutta,)
    return _class(scheme, bases, members)(**options)


def _tableau(table: FloatTable) -> Any:
    """The error is the result less the embedded one. An implicit stage starts from the slope of the stage before it."""
    diagonal = np.diag(table.A)
    implicit: dict[str, Any] = {}
    if diagonal.any():
        predictor = tuple(np.eye(i)[-1] for i in range(1, len(table.b)))
        implicit = {"a_diagonal": diagonal, "a_predictor": predictor, "c1": float(table.c[0])}
    error = np.zeros_like(table.b) if table.error is None else table.error
    return diffrax.ButcherTableau(a_lower=table.lower, b_sol=table.b, b_error=error, c=table.c[1:], **implicit)


def _root_finder() -> dict[str, Any]:
    """A root finder that goes to the rounding of JAX's floating point numbers."""
    tolerance = ROUNDINGS * float(jnp.finfo(jnp.zeros(()).dtype).eps)
    return {"root_finder": optimistix.Newton(rtol=tolerance, atol=tolerance), "root_find_max_steps": ITERATIONS}


def _linear(*, t0: Any, t1: Any, y0: Any, y1: Any, k: Any) -> Any:
    del k
    return diffrax.LocalLinearInterpolation(t0=t0, t1=t1, y0=y0, y1=y1)


LINEAR = functools.partial(_linear)  # a plain function in a class would become its method


def _members(scheme: Scheme, tableau: Any, has_error: bool) -> dict[str, Any]:
    proven = order(scheme)

    def order_of(self: Any, terms: Any) -> int:
        del self, terms
        return proven

    members = {"tableau": tableau, "order": order_of, "__doc__": f"{scheme} as a solver of diffrax."}
    return members if has_error else members | {"step": _step_without_error}


def _step_without_error(self: Any, *args: Any, **kwargs: Any) -> Any:
    """diffrax's own step, saying that there is no error estimate."""
    y1, _, *others = diffrax.AbstractRungeKutta.step(self, *args, **kwargs)
    return (y1, None, *others)


def _class(scheme: Scheme, bases: tuple[type, ...], members: dict[str, Any]) -> Any:
    """A class of equinox, whose class-level attributes are told from fields by their annotation."""
    levels = {name: ClassVar[Any] for name in members if name in ("tableau", "interpolation_cls", "calculate_jacobian")}
    fields: dict[str, Any] = {}
    if diffrax.AbstractImplicitSolver in {b for base in bases for b in base.__mro__}:
        fields = {"root_finder": Any, "root_find_max_steps": int}
        members = members | _root_finder()
    name = format(scheme)
    return type(bases[0])(name, bases, members | {"__annotations__": levels | fields, "__module__": __name__})

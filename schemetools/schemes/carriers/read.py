"""The readers in turn, and what they cannot read, by name."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from schemetools.errors import SchemeError, UnsupportedError, came
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme
from schemetools.schemes.carriers import layouts
from schemetools.schemes.carriers.claims import contradiction, warn
from schemetools.schemes.carriers.collocated import quadrature_nodes, radau_of_scipy
from schemetools.schemes.carriers.values import Table, attribute, has, listed, method_order, named
from schemetools.schemes.carriers.weights import embedded
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.registry import get
from schemetools.schemes.runge_kutta import RungeKutta

TABLES: tuple[Callable[[Any], Table | None], ...] = (
    layouts.scipy_like,
    layouts.torchdiffeq_like,
    layouts.torchode_like,
    layouts.desolver_like,
    layouts.pathsim_like,
    layouts.two_rows,
    layouts.butcher,
    quadrature_nodes,
)

# Solvers that are programs without a table, by library and class; what they compute is known.
PROGRAMS = {
    "diffrax": {
        "Euler": "euler",
        "ImplicitEuler": "backward_euler",
        "SemiImplicitEuler": "symplectic_euler",
        "LeapfrogMidpoint": "leapfrog",
    },
    "torchdiffeq": {"Euler": "euler", "Midpoint": "midpoint", "Heun2": "heun2", "Heun3": "heun3", "RK4": "rk38"},
    "torchode": {"Euler": "euler"},
    "pathsim": {"EUF": "euler", "EUB": "backward_euler"},
}

REFUSED = {
    "Bp": "a Runge-Kutta-Nystrom method (it has Ap and Bp)",
    "b_prime": "a Runge-Kutta-Nystrom method (it has b_prime)",
    "Gamma": "a Rosenbrock method (it has Gamma)",
    "cH": "a stochastic Runge-Kutta method (it has cH)",
}


def read(value: Any) -> Scheme:
    """The scheme that text names, or that an object of another library holds; the library is not imported.

    Raises SchemeError for what is neither, UnsupportedError for kinds of methods that are not read.
    """
    if isinstance(value, str):
        return get(value)
    for mark, kind in REFUSED.items():
        if has(value, mark) and has(value, "A"):
            raise UnsupportedError(f"{named(value)} is {kind}; as_scheme reads Runge-Kutta and multistep tableaux")
    for reader in (_program, radau_of_scipy, _additive, _multistep):
        found = reader(value)
        if found is not None:
            return found
    for layout in TABLES:
        table = layout(value)
        if table is not None:
            return _runge_kutta(table)
    raise SchemeError(
        f"{_shown(value)} is not a scheme: give a RungeKutta, a LinearMultistep, a catalog entry or its name as text, "
        "or an object of another library that holds a tableau, such as scipy.integrate.RK45"
    )


def _shown(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else came(value)


def _runge_kutta(table: Table) -> RungeKutta:
    wrong = contradiction(table)
    try:
        result = RungeKutta(table.A, table.b, table.c, b_hat=table.b_hat, name=table.name, reference=wrong)
    except SchemeError as error:
        raise type(error)(f"{table.name}: {error}") from None
    warn(wrong)
    return result


def _program(value: Any) -> Scheme | None:
    kind = value if isinstance(value, type) else type(value)
    name = PROGRAMS.get(kind.__module__.partition(".")[0], {}).get(kind.__name__)
    return None if name is None else get(name)


def _multistep(value: Any) -> LinearMultistep | None:
    """alpha and beta, ascending, without stages: nodepy."""
    if not has(value, "alpha", "beta") or has(value, "A") or has(value, "c_sol"):
        return None
    alpha, beta = listed(value.alpha), listed(value.beta)
    if any(isinstance(x, list) for x in (*alpha, *beta)):
        return None
    return LinearMultistep(alpha, beta, name=named(value))


def _additive(value: Any) -> Scheme | None:
    """Explicit and implicit tableaux of one scheme: diffrax keeps them in .tableaus, the explicit one first; pySDC
    beside each other.
    """
    if has(value, "matrix_explicit", "matrix", "weights"):
        return _sdc_pair(value)
    held = attribute(value, "tableau")
    table = value if held is None else held
    tables = attribute(table, "tableaus")
    parts = [layouts.diffrax_part(part) for part in ((table,) if tables is None else tables)]
    if any(part is None for part in parts):
        return None
    found: list[Table] = [part for part in parts if part is not None]
    found = [replace(part, order=method_order(value), name=named(value)) for part in found]
    errors = [listed(part.b_error) for part in ((table,) if tables is None else tables)]
    hats = embedded([(t.A, t.b, error) for t, error in zip(found, errors, strict=True)], -1)
    schemes = [_runge_kutta(replace(t, b_hat=hat)) for t, hat in zip(found, hats, strict=True)]
    return schemes[0] if len(schemes) == 1 else _pair(schemes[0], schemes[1], named(value))


def _sdc_pair(value: Any) -> Scheme:
    parts = []
    for suffix in ("_explicit", ""):
        weights = attribute(value, f"weights{suffix}")
        rows = listed(value.weights if weights is None else weights)  # one set of weights may stand for both
        b, *hats = rows if isinstance(rows[0], list) else [rows]
        c = listed(value.nodes)
        parts.append(RungeKutta(listed(getattr(value, f"matrix{suffix}")), b, c, b_hat=hats[0] if hats else None))
    return _pair(parts[0], parts[1], named(value))


def _pair(explicit: RungeKutta, implicit: RungeKutta, name: str) -> AdditiveRungeKutta:
    return AdditiveRungeKutta({"F": explicit, "G": implicit}, name=name)

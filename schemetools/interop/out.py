"""A scheme as a solver of another library."""

import importlib
from typing import Any

from schemetools.schemes.base import as_scheme


def to_scipy(s: Any) -> type:
    """The scheme as an OdeSolver class, for `solve_ivp(fun, t_span, y0, method=...)`.

    A Runge-Kutta pair chooses its steps by its error estimate, as SciPy's own methods do (rtol, atol, max_step,
    first_step). Any other scheme goes in equal steps, `h=` or else `first_step`, max_step, or a hundredth of the span.
    Implicit stages take `jac=`, a matrix or jac(t, y). Additive schemes take their parts as `fields={"F": f, "G": g}`,
    and partitioned ones act on y = (p, q) with halves of one length. Dense output is the cubic Hermite interpolant.
    Raises SchemeError for a scheme with free or random symbols.

    >>> from scipy.integrate import solve_ivp
    >>> import schemetools as st
    >>> result = solve_ivp(lambda t, y: -y, (0, 1), [1.0], method=st.to_scipy("bs3"), rtol=1e-6, atol=1e-9)
    >>> result.success, bool(abs(result.y[0, -1] - 0.36787944) < 1e-6)
    (True, True)
    """
    return _backend("scipy").solver_class(as_scheme(s))


def to_diffrax(s: Any, **options: Any) -> Any:
    """The scheme as a diffrax solver object, for `diffrax.diffeqsolve(terms, solver=...)`.

    Explicit and diagonally implicit Runge-Kutta schemes, and additive ones of an explicit and a diagonally implicit one
    (terms: `MultiTerm(explicit, implicit)`). Embedded weights become the error estimate; a scheme without them takes
    constant steps only. Options go to the solver's constructor, such as `root_finder`.
    Raises UnsupportedError for other kinds, ModuleNotFoundError where diffrax is not installed.

    >>> import schemetools as st
    >>> solver = st.to_diffrax("tsit5")  # doctest: +SKIP
    >>> diffrax.diffeqsolve(terms, solver, t0=0, t1=1, dt0=0.1, y0=y0)  # doctest: +SKIP
    """
    return _backend("diffrax").solver(as_scheme(s), options)


def to_torchdiffeq(s: Any) -> type:
    """The scheme as a torchdiffeq solver class, which `odeint(func, y0, t, method=...)` takes.

    A pair chooses its steps; any other explicit Runge-Kutta scheme goes along the grid of times that it is given, or of
    `options={"step_size": h}`. The class is entered in torchdiffeq's table of methods.
    Raises UnsupportedError for other kinds, ModuleNotFoundError where torchdiffeq is not installed.

    >>> import schemetools as st
    >>> torchdiffeq.odeint(f, y0, t, method=st.to_torchdiffeq("tsit5"))  # doctest: +SKIP
    """
    return _backend("torchdiffeq").solver_class(as_scheme(s))


def _backend(library: str) -> Any:
    """The file that imports a library, loaded when it is asked for."""
    try:
        return importlib.import_module(f"{__package__}.{library}_solver")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("schemetools"):
            raise
        raise ModuleNotFoundError(
            f"to_{library} needs {library}, and {error.name} is not installed: pip install {library}", name=error.name
        ) from None

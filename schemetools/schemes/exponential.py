"""Exponential Runge-Kutta methods: the linear part of u' = L u + N(u) exactly, by phi functions; Lawson methods."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from sympy import Add, Expr, Integer

from schemetools import exact as exact_arithmetic
from schemetools.errors import CoefficientError, TableauError, UnsupportedError
from schemetools.schemes import phi
from schemetools.schemes.arrays import Matrix, Vector
from schemetools.schemes.base import GeneralLinear, Scheme, as_scheme
from schemetools.schemes.latex import phi_tableau
from schemetools.schemes.nodes import one_each, triangular
from schemetools.schemes.runge_kutta import RungeKutta


@dataclass(frozen=True, repr=False)
class Exponential(Scheme):
    """An explicit exponential Runge-Kutta method for u' = L u + N(u), z = h L.

        U_i = e^(c_i z) u_n + h sum_(j<i) A_ij(z) N(U_j),    u_(n+1) = e^z u_n + h sum_i b_i(z) N(U_i)

    A (s, s) is strictly lower triangular and b (s,); their entries are linear combinations of phi functions, numbers or
    text such as "phi1(z/2)/2" and "exp(z) - 2*phi2(z)"; rows may leave out their zeros. c (s,) are the row sums of A(0)
    where it is left out, and must equal them. `b_hat` holds the weights of an embedded result. N(t, u) is evaluated at
    t_n + c_i h. Raises TableauError for other shapes, CoefficientError for other entries.
    Source: Hochbruck, Ostermann, Exponential integrators, Acta Numerica 19 (2010).

    >>> import schemetools as st
    >>> st.order(Exponential([[0]], ["phi1(z)"]))
    1
    """

    A: Matrix
    b: Vector
    c: Vector
    b_hat: Vector | None
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)
    digits: int | None = field(default=None, compare=False)

    def __init__(
        self,
        A: Any,
        b: Any,
        c: Any = None,
        *,
        b_hat: Any = None,
        name: str | None = None,
        reference: str | None = None,
        exact: bool | None = None,
        digits: int | None = None,
    ):
        b = _vector(b, "b")
        s = len(b)
        rows = [_vector(row, f"A[{i}]") for i, row in enumerate(_listed(A, "A"))]
        if s == 0 or len(rows) != s or any(len(row) > s for row in rows):
            raise TableauError(f"A has {len(rows)} rows and b has {s} weights; s stages have A (s, s) and b (s,)")
        A = tuple((*row, *[Integer(0)] * (s - len(row))) for row in rows)
        triangular(A, "A of an exponential method", "its stages are explicit", text=phi.text)
        nodes = tuple(exact_arithmetic.canonical(Add(*map(phi.at_zero, row), Integer(0))) for row in A)
        given = nodes if c is None else _vector(c, "c")
        if given != nodes:
            shown = ", ".join(exact_arithmetic.text(x) for x in nodes)
            raise TableauError(f"c is not the row sums of A at z = 0, which are {shown}: leave it out")
        hat = None if b_hat is None else _vector(b_hat, "b_hat")
        one_each(s, b_hat=hat)
        if exact is False or digits is not None:
            raise TableauError("the coefficients of an exponential method are exact: leave out exact and digits")
        self._set(name, reference, (True, None), A=A, b=b, c=nodes, b_hat=hat)

    @property
    def stages(self) -> int:
        """The number of stages s, as written."""
        return len(self.b)

    @property
    def fields(self) -> tuple[str, ...]:
        """The labels of the two parts: L linear, N the rest."""
        return ("L", "N")

    @property
    def is_explicit(self) -> bool:
        """Whether N is evaluated at known values only: it is."""
        return True

    @property
    def classical(self) -> RungeKutta:
        """The Runge-Kutta method that it is for L = 0."""
        rows = [list(map(phi.at_zero, row)) for row in self.A]
        hat = None if self.b_hat is None else list(map(phi.at_zero, self.b_hat))
        return RungeKutta(rows, list(map(phi.at_zero, self.b)), b_hat=hat)

    def normal_form(self) -> GeneralLinear:
        """There is none: coefficients are functions of h L."""
        raise UnsupportedError(
            f"{self} is an exponential method: its coefficients are functions of h L, so that it has no general linear "
            "form; order, order_conditions, modified_equation, stability, solve, to_stepper and to_block take it"
        )

    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        return self  # there is no symbol in it that could change

    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        return (self.A, self.b, self.c) if self.b_hat is None else (self.A, self.b, self.c, self.b_hat)

    def _labels(self) -> dict[str, Any]:
        return {"name": self.name, "reference": self.reference}

    def __repr__(self) -> str:
        return f"Exponential({self.name or ''}{', ' if self.name else ''}stages={self.stages})"

    def _repr_latex_(self) -> str:
        return phi_tableau(self.A, self.b, self.c, self.b_hat, phi.latex)


def lawson_method(s: Any, **labels: Any) -> Exponential:
    """The Lawson method of an explicit Runge-Kutta method: the method on v = e^(-t L) u.

        A_ij(z) = a_ij e^((c_i - c_j) z),    b_i(z) = b_i e^((1 - c_i) z)

    Raises UnsupportedError for other schemes. Source: Lawson, SIAM Journal on Numerical Analysis 4 (1967).
    """
    scheme = as_scheme(s)
    if not isinstance(scheme, RungeKutta) or not scheme.is_explicit or scheme.free_symbols or scheme.random_symbols:
        raise UnsupportedError(f"{scheme} came; a Lawson method is made from an explicit Runge-Kutta method in numbers")
    if not scheme.exact or scheme.c_is_declared:
        raise UnsupportedError(
            f"{scheme} is approximate or declares its nodes; a Lawson method is made from exact ones"
        )
    c, one = scheme.c, Integer(1)
    A = [[a * phi.phi(0, c[i] - c[j]) if a != 0 else 0 for j, a in enumerate(row)] for i, row in enumerate(scheme.A)]
    results = [
        [w * phi.phi(0, one - x) if w != 0 else 0 for w, x in zip(weights, c, strict=True)]
        for weights in (scheme.b, scheme.b_hat)
        if weights is not None
    ]
    return Exponential(A, results[0], b_hat=results[1] if len(results) > 1 else None, **labels)


def _listed(values: Any, what: str) -> list[Any]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TableauError(f"{what} must be a list; a {type(values).__name__} came")
    return list(values)


def _vector(values: Any, what: str) -> Vector:
    found = []
    for i, value in enumerate(_listed(values, what)):
        try:
            found.append(phi.combination(value))
        except CoefficientError as error:
            raise CoefficientError(f"{what}[{i}]: {error}") from None
    return tuple(found)

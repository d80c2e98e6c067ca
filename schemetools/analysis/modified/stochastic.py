"""The stochastic modified equation of a scheme with random coefficients: an Ito equation of weak order two.

With x = q X + h xi_f f + O(h^2) around the solution X = w^T x (V q = q, w^T V = w^T, w^T q = 1), one step adds
h w^T B f(X + h (A 1 + U xi) f), so that the mean and the variance of a step fix

    b_v = E[w^T B_v],    b_vw = E[(w^T B)_v A_w] + E[(w^T B)_v] U xi_w - b_v b_w / 2,    C_vw = Cov[w^T B_v, w^T B_w]
    dX = [sum_v b_v f_v + h sum_vw b_vw f_v' f_w] dt + sqrt(h) sum_v L_v f_v dB,     C = L L^T.

Third moments of a step are O(h^3), as they are for this equation: hence weak order two for any distribution.
Sources: Li, Tai, E (2017), Stochastic modified equations, ICML; Milstein (1995), Numerical Integration of Stochastic
Differential Equations, chapter 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy import Add, Expr, Matrix, Rational, Symbol

from schemetools.analysis.algebra.square_root import Table, square_root
from schemetools.analysis.modified.fields import components
from schemetools.analysis.modified.sde import linear_moments, simulate
from schemetools.analysis.modified.stochastic_text import Terms, gated_latex, gated_text
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact import canonical, expression
from schemetools.schemes.base import GeneralLinear, Scheme, is_random
from schemetools.schemes.linear import carried_along, left_eigenvector
from schemetools.schemes.moments import covariance, expectation


@dataclass(frozen=True, repr=False)
class StochasticModifiedEquation:
    """dX = [sum_v b_v f_v + h sum_vw b_vw f_v' f_w] dt + sqrt(h) sum_j (sum_v L_vj f_v) dB_j, in the sense of Ito.

    h is the step of the recurrence and f is held fixed as h -> 0 (network scaling). `first` is (b_v), `second` (b_vw),
    `factor` L with one column per Brownian motion, which is scalar: it moves the whole state along a field.
    `offset` (xi_v): the scheme's own value is X + h sum_v xi_v f_v(X); it vanishes for one-step schemes.
    `third`, at weak order 3: the drift gains h^2 (c_1 f''(f,f) + c_2 f'f'f), and f becomes f + c_3 h f'f in the noise.
    `rates`, under a schedule over depth: the time derivatives of b_v, for which the drift loses (h/2) sum_v b_v' f_v.
    `scaling`: "network" as above; "diffusive" for noise of size sqrt(h) in a step, no h before dB.

    >>> import schemetools as st
    >>> equation = st.modified_equation("stochastic_depth(1/2)")
    >>> equation.weak_order, equation.brownian
    (2, 1)
    """

    scheme: Scheme
    weak_order: Any
    fields: tuple[str, ...]
    first: tuple[Expr, ...]
    second: Table
    factor: Table
    offset: tuple[Expr, ...]
    is_partitioned: bool = False
    third: tuple[Expr, Expr, Expr] | None = None
    form: str = "Ito"
    scaling: str = "network"
    rates: tuple[Expr, ...] = ()
    time: Symbol | None = None
    shown_step: str = "h"

    @property
    def limit(self) -> Any:
        """The mean of the scheme follows u' = limit * f as h -> 0; one entry per field for additive schemes."""
        return self.first if len(self.fields) > 1 else self.first[0]

    @property
    def order(self) -> int:
        """The weak order."""
        return self.weak_order

    @property
    def brownian(self) -> int:
        """The number of independent Brownian motions, each scalar: it moves the whole state along one field."""
        return len(self.factor[0])

    @property
    def in_network(self) -> "StochasticModifiedEquation":
        """The same equation printed at h = 1, the step of a network."""
        return replace(self, shown_step="")

    @property
    def noise_power(self) -> int:
        """Whether the noise carries sqrt(h): 1, and 0 in the diffusive scaling."""
        return int(self.scaling == "network")

    def stratonovich(self) -> "StochasticModifiedEquation":
        """The same equation in the sense of Stratonovich: the drift less (h/2) sum_vw C_vw f_v' f_w."""
        if self.weak_order != 2 or self.form != "Ito" or self.scaling != "network":
            raise UnsupportedError("the Stratonovich form is that of the Ito equation of weak order 2; ask that one")
        rows = zip(self.second, self.covariance, strict=True)
        moved = tuple(tuple(canonical(b - c / 2) for b, c in zip(*row, strict=True)) for row in rows)
        return replace(self, second=moved, form="Stratonovich")

    @property
    def covariance(self) -> Table:
        """C_vw: the diffusion matrix of the equation is h sum_vw C_vw f_v f_w^T."""
        L = Matrix(self.factor)
        return tuple(tuple(canonical(sympy.expand(c)) for c in row) for row in (L * L.T).tolist())

    def drift(self, f: Any, u: Any, h: Any) -> tuple[Expr, ...]:
        """The drift for concrete fields, one expression per component; several fields come as a list, in order."""
        fields, variables = components(self, f, u)
        step = expression(h)
        result = [Add(*(b * g[i] for b, g in zip(self.first, fields, strict=True))) for i in range(len(variables))]
        if self.scaling == "diffusive":
            step = sympy.Integer(1)  # what noise of size sqrt(h) correlates in a step is of the size of the drift
        elif self.weak_order == 1:
            return tuple(result)
        for rate, g in zip(self.rates, fields, strict=False):
            result = [r - step / 2 * rate * c for r, c in zip(result, g, strict=True)]
        for row, outer in zip(self.second, fields, strict=True):
            for b, inner in zip(row, fields, strict=True):
                for i, component in enumerate(_along(outer, inner, variables)):
                    result[i] += step * b * component
        if self.third is not None:
            (f,), (c1, c2, _) = fields, self.third
            once = _along(f, f, variables)
            twice = _along(once, f, variables)  # f''(f,f) + f'f'f
            tall = _along(f, once, variables)
            result = [r + step**2 * (c1 * (w - v) + c2 * v) for r, w, v in zip(result, twice, tall, strict=True)]
        return tuple(result)

    def diffusion(self, f: Any, u: Any, h: Any) -> Matrix:
        """The matrix that multiplies dB, one row per component and one column per Brownian motion."""
        fields, variables = components(self, f, u)
        scale = sympy.sqrt(expression(h)) if self.noise_power else sympy.Integer(1)
        if self.third is not None:
            corrections = _along(fields[0], fields[0], variables)
            shift = self.third[2] * expression(h)
            fields = [tuple(c + shift * d for c, d in zip(fields[0], corrections, strict=True))]
        columns = list(zip(*self.factor, strict=True))
        return Matrix(
            len(variables),
            len(columns),
            lambda i, j: scale * Add(*(weight * g[i] for weight, g in zip(columns[j], fields, strict=True))),
        )

    def observable(self, f: Any, u: Any, h: Any) -> tuple[Expr, ...]:
        """X + h sum_v xi_v f_v(X): what stands for the scheme's own value, E phi(X_n) = E phi(observable(X(t_n)))."""
        fields, variables = components(self, f, u)
        shift = [Add(*(c * g[i] for c, g in zip(self.offset, fields, strict=True))) for i in range(len(variables))]
        return tuple(x + expression(h) * c for x, c in zip(variables, shift, strict=True))

    def moments(self, matrix: Any, start: Any, t: Any, h: Any) -> tuple[Matrix, Matrix]:
        """(E X, E X X^T) at time t for linear fields f(u) = matrix u, as `linear_moments` gives them."""
        return linear_moments(self, matrix, start, t, h)

    def simulate(self, f: Any, u: Any, start: Any, t: float, h: float, **options: Any) -> Any:
        """Paths by Euler-Maruyama, as `simulate` gives them."""
        return simulate(self, f, u, start, t, h, **options)

    def __str__(self) -> str:
        return gated_text(self)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return gated_latex(self)

    @property
    def offset_terms(self) -> Terms:
        """The observable less X over h, by field."""
        return list(zip(self.offset, self.fields, strict=True))

    def drift_terms(self, step: str) -> Terms:
        """The drift, coefficient by coefficient."""
        first = list(zip(self.first, self.fields, strict=True))
        step = step if self.noise_power else ""
        if self.weak_order == 1 and self.noise_power:
            return first
        rows = zip(self.second, self.fields, strict=True)
        terms = first + [(-c / 2, f"{step}{v}") for c, v in zip(self.rates, self.fields, strict=False)]
        terms += [(b, f"{step}{v}'{w}") for row, v in rows for b, w in zip(row, self.fields, strict=True)]
        if self.third is not None:
            (f,), squared = self.fields, f"{step.strip()}^2 " if step else ""
            terms += [(self.third[0], f"{squared}{f}''({f},{f})"), (self.third[1], f"{squared}{f}'{f}'{f}")]
        return terms

    def noise_columns(self, step: str) -> list[Terms]:
        """The columns of the noise, coefficient by coefficient."""
        columns = [list(zip(column, self.fields, strict=True)) for column in zip(*self.factor, strict=True)]
        if self.third is not None and columns:
            ((c, f),) = columns[0]
            columns[0].append((canonical(c * self.third[2]), f"{step}{f}'{f}"))
        return columns


def _along(outer: Sequence[Expr], inner: Sequence[Expr], variables: Sequence[Symbol]) -> list[Expr]:
    """The derivative of a field in the direction of another."""
    return [Add(*(c.diff(x) * g for x, g in zip(variables, inner, strict=True))) for c in outer]


def stochastic_modified_equation(scheme: Scheme, weak_order: int = 2) -> StochasticModifiedEquation:
    """The Ito equation that a scheme with random coefficients follows in distribution, of weak order 1, 2 or 3.

    Raises UnsupportedError for order 3 unless the scheme is X + h xi f(X) with a weight xi of vanishing third cumulant,
    for higher orders, for partitioned schemes, and where the carried values themselves are weighted at random.
    """
    if weak_order not in (1, 2, 3):
        raise UnsupportedError(
            f"a stochastic modified equation of weak order {weak_order!r} came; orders 1 and 2 exist for every "
            "distribution, order 3 only where the third cumulant of the weights vanishes"
        )
    # Two equations of weak order two are the same when mean and covariance of a step agree through h^2: that fixes b,
    # the b_vw and C, for any distribution. A and B of one step carry the same draw, so that the expectation of their
    # product is taken, not the product of theirs; the history x, and with it the offset xi, is of earlier draws, hence
    # independent, and only its mean counts at this order. Noise of size sqrt(h) over a time h moves the mean of a
    # step by h^3 alone, so that -b_v b_w/2 is the correction that the deterministic equation has.
    third = _third(scheme) if weak_order == 3 else None
    g = scheme.normal_form()
    if g.parts > 1:
        raise UnsupportedError(
            f"{scheme} is partitioned; stochastic modified equations are derived for u' = sum of fields"
        )
    if any(is_random(s) for row in (*g.U, *g.V) for c in row for s in c.free_symbols):
        raise UnsupportedError(f"{scheme} weighs its earlier values at random, so that it has no limit as h -> 0")
    w = left_eigenvector(g.V[: g.values], g.q)
    if w is None:
        raise SchemeError(f"{scheme} has the double root 1, so that it follows no differential equation of first order")
    weights = [canonical(Add(*(w[m] * g.B[m][j] for m in range(g.values)))) for j in range(g.stages)]
    of = {v: [j for j, colour in enumerate(g.colours) if colour == v] for v in g.fields}
    steps = [Add(*(weights[j] for j in of[v])) for v in g.fields]
    first = tuple(expectation(step) for step in steps)
    offsets = [_offset(g, w, of[v], b) for v, b in zip(g.fields, first, strict=True)]
    second = tuple(
        tuple(
            _second(g, weights, of[v], of[v2], offset) - Rational(1, 2) * b * b2
            for v2, b2, offset in zip(g.fields, first, offsets, strict=True)
        )
        for v, b in zip(g.fields, first, strict=True)
    )
    C = [[covariance(a, b) for b in steps] for a in steps]
    return StochasticModifiedEquation(
        scheme,
        weak_order,
        g.fields,
        first,
        tuple(tuple(map(canonical, row)) for row in second),
        square_root(C),
        tuple(offset[0] for offset in offsets),
        third=third,
    )


def _third(scheme: Scheme) -> tuple[Expr, Expr, Expr]:
    """What weak order 3 adds for X + h xi f(X), mean p and variance q of xi, third cumulant 0.

    A step has E phi(X + h xi f) = sum_k h^k E[xi^k] phi^(k)(f, ..., f)/k!. Its h^3 terms fix the drift's h^2 terms
    (p^3/12 - p q/4) f''(f,f) + (p^3/3) f'f'f and the covariance's, -p q (f'f f^T + f (f'f)^T), which the noise
    f - p h f'f has; the term kappa_3 phi'''(f,f,f)/6 is one that no diffusion has.
    """
    g = scheme.normal_form()
    if len(g.A) != 1 or g.A[0][0] != 0 or g.values != 1:
        raise UnsupportedError(f"weak order 3 is derived for one random evaluation, X + h xi f(X); {scheme} is another")
    xi = g.B[0][0]
    p, q = expectation(xi), covariance(xi, xi)
    cumulant = canonical(expectation((xi - p) ** 3))
    if cumulant != 0:
        raise UnsupportedError(
            f"{scheme} has no stochastic modified equation of weak order 3: the third cumulant of its weight is "
            f"{cumulant}, which no diffusion has; order 2 exists"
        )
    return canonical(p**3 / 12 - p * q / 4), canonical(p**3 / 3), -p


def _offset(g: GeneralLinear, w: Sequence[Expr], stages: Sequence[int], b: Expr) -> tuple[Expr, ...]:
    """xi with (I - V) xi = E[B] 1 - q b on the stages of one field, and w^T xi = 0."""
    right = [canonical(expectation(Add(*(g.B[m][j] for j in stages))) - g.q[m] * b) for m in range(g.values)]
    solution = carried_along(g.V[: g.values], right, w)
    if solution is None:
        raise SchemeError(
            "the carried values have no expansion around the solution; the scheme is not zero-stable at 1"
        )
    return solution


def _second(
    g: GeneralLinear, weights: Sequence[Expr], outer: Sequence[int], inner: Sequence[int], offset: Sequence[Expr]
) -> Expr:
    """E[sum_i w_i (sum_j A_ij + (U xi)_i)] over the stages i of the outer field and j of the inner one."""
    return Add(
        *(
            expectation(
                weights[i] * Add(*(g.A[i][j] for j in inner), *(g.U[i][m] * offset[m] for m in range(g.values)))
            )
            for i in outer
        )
    )

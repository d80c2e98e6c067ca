"""Random coefficients whose law changes over depth, p = p(t) or one p per layer, and noise of size sqrt(h) in a step.

With the law at t_n in the step from t_n to t_(n+1), the mean of a step is h b(t_n) f + ..., that of the equation over
it h b f + (h^2/2)(b^2 f'f + b_t f): hence the drift loses (h/2) b_t f, whatever the scheme; the covariance of a step,
h^2 C(t_n), is right to order h^3.

In the diffusive scaling a step has E[B] h + (B - E B) sqrt(h) in place of h B, and likewise for A. Then

    dX = [sum_v b_v f_v + sum_vw Cov(w^T B_v, A_w) f_v' f_w] dt + sum_v L_v f_v dB

of weak order 1/2, and 1 where the third cumulants of the coefficients vanish.
Sources: Lu, Zhong, Li, Dong (2018), ICML, section 4 (p(t), and the condition 1 - 2p = O(sqrt(h))); Milstein (1995),
Numerical Integration of Stochastic Differential Equations, chapter 2.
"""

import importlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sympy import Add, Expr, Integer, Rational, Symbol

from schemetools.analysis.algebra.square_root import square_root
from schemetools.analysis.modified.masked import MaskedEquation, masked_equation
from schemetools.analysis.modified.per_layer import per_layer
from schemetools.analysis.modified.sde import check_followed
from schemetools.analysis.modified.stochastic import StochasticModifiedEquation, stochastic_modified_equation
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact import canonical
from schemetools.schemes.base import Scheme
from schemetools.schemes.masked import ON_THE_STATE, MaskedEuler
from schemetools.schemes.moments import covariance, expectation

TIME = Symbol("t")
SCALINGS = {"network": "network", "small noise": "network", "diffusive": "diffusive"}

Equation = StochasticModifiedEquation | MaskedEquation


@dataclass(frozen=True, eq=False)
class ScheduledEquation:
    """One stochastic equation per layer, each over the time of its step: layer n on [n h, (n+1) h].

    >>> import schemetools as st
    >>> equation = st.modified_equation("stochastic_depth(p)", p=["9/10", "1/2"])
    >>> equation.weak_order, len(equation.pieces)
    (2, 2)
    """

    scheme: Scheme
    values: Mapping[str, tuple[Any, ...]]
    pieces: tuple[Equation, ...]

    def __len__(self) -> int:
        return len(self.pieces)

    def __getitem__(self, layer: int) -> Equation:
        return self.pieces[layer]

    def __iter__(self) -> Iterator[Equation]:
        return iter(self.pieces)

    @property
    def weak_order(self) -> Any:
        """The least of the pieces."""
        return min(piece.weak_order for piece in self.pieces)

    def simulate(self, f: Any, u: Any, start: Any, h: float, **options: Any) -> np.ndarray:
        """Paths through all layers, (len + 1, paths, n): the state before the first and after each. See `simulate`."""
        seed, progress = options.pop("seed", 0), options.pop("progress", None)
        check_followed(seed, progress, whole=True)
        states = []
        for n, piece in enumerate(self.pieces):
            path = piece.simulate(f, u, start, h, h, seed=seed * len(self) + n, **options)
            states += [path[0]] if not states else []
            start = path[-1]
            states.append(start)
            if progress is not None:
                progress(n + 1, len(self))
        return np.stack(states) if isinstance(start, np.ndarray) else importlib.import_module("torch").stack(states)

    def __str__(self) -> str:
        names = "; ".join(f"{name} = {', '.join(map(str, v))}" for name, v in self.values.items())
        lines = [f"{self.scheme}: {len(self)} layers, {names}"]
        return "\n".join(lines + [f"layer {n}: {str(p).splitlines()[1]}" for n, p in enumerate(self)])

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        rows = [piece._repr_latex_().removeprefix(r"$\displaystyle ").removesuffix("$") for piece in self]
        lines = [rf"&t \in [{_times_h(n)}, {_times_h(n + 1)}]:\quad {r}" for n, r in enumerate(rows)]
        return "$$\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}$$"


def _times_h(n: int) -> str:
    return "h" if n == 1 else f"{n}h" if n else "0"


def random_equation(scheme: Scheme, order: Any, coefficients: Mapping[str, Any]) -> Equation | ScheduledEquation:
    """The equation of a scheme with random symbols; keywords are numbers, functions of t, or lists, and the scaling.

    Raises SchemeError for a keyword that is no symbol of the scheme.
    """
    given = dict(coefficients)
    scaling = given.pop("scaling", "network")
    if scaling not in SCALINGS:
        raise SchemeError(f"scaling={scaling!r} came; it is {', '.join(map(repr, SCALINGS))}")
    unknown = sorted(set(given) - {str(s) for s in scheme.free_symbols})
    if unknown:
        raise SchemeError(f"{scheme} has no free symbol {', '.join(unknown)}")
    functions = {name: value(TIME) for name, value in given.items() if callable(value) and not isinstance(value, Expr)}
    lists = {n: list(v) for n, v in given.items() if isinstance(v, (Sequence, np.ndarray)) and not isinstance(v, str)}
    if functions and lists:
        raise SchemeError("coefficients came both as functions of t and as lists; give one kind")
    numbers = {name: value for name, value in given.items() if name not in functions and name not in lists}
    scheme = scheme.subs(numbers) if numbers else scheme
    if lists:
        pieces = [random_equation(layer, order, {"scaling": scaling}) for layer in per_layer(scheme, lists)]
        return ScheduledEquation(scheme, {n: tuple(v) for n, v in lists.items()}, tuple(pieces))  # type: ignore[arg-type]
    if isinstance(scheme, MaskedEuler):
        return _masked(scheme, order, SCALINGS[scaling], functions)
    if SCALINGS[scaling] == "diffusive":
        equation = _diffusive(scheme, order)
    else:
        equation = stochastic_modified_equation(scheme, 2 if order is None else order)
    return _in_time(equation, functions)


def _in_time(eq: StochasticModifiedEquation, functions: Mapping[str, Expr]) -> StochasticModifiedEquation:
    if not functions:
        return eq
    if eq.third is not None:
        raise UnsupportedError("a schedule over depth is derived through weak order 2; give no order, or 2")
    put = {Symbol(name): value for name, value in functions.items()}

    def on(row: Sequence[Expr]) -> tuple[Expr, ...]:
        return tuple(c.subs(put) for c in row)

    first = on(eq.first)
    rates = tuple(b.diff(TIME) for b in first) if eq.weak_order == 2 else ()
    tables = {"second": tuple(map(on, eq.second)), "factor": tuple(map(on, eq.factor)), "offset": on(eq.offset)}
    return replace(eq, first=first, rates=rates, time=TIME, **tables)


def _masked(scheme: MaskedEuler, order: Any, scaling: str, functions: Mapping[str, Expr]) -> MaskedEquation:
    if scaling == "diffusive" and scheme.power == 0:
        raise UnsupportedError(
            "noise of size sqrt(h) is derived for random coefficients and, with power=1/2, for masks on the state; "
            f"{scheme} is neither"
        )
    if not functions:
        return masked_equation(scheme, order)
    if scheme.placement in ON_THE_STATE:
        if order == 2:
            raise UnsupportedError("noise on the state under a schedule over depth is derived through weak order 1")
        highest = masked_equation(scheme).weak_order
        return replace(masked_equation(scheme, min(highest, 1)), schedule=tuple(functions.items()))
    return replace(masked_equation(scheme, order), schedule=tuple(functions.items()))


def _diffusive(scheme: Scheme, order: Any) -> StochasticModifiedEquation:
    g = scheme.normal_form()
    if g.parts > 1 or g.values > 1:
        raise UnsupportedError(f"the diffusive scaling is derived for one-step schemes of one system; {scheme} is none")
    of = {v: [j for j, colour in enumerate(g.colours) if colour == v] for v in g.fields}
    steps = [Add(*(g.B[0][j] for j in of[v])) for v in g.fields]
    second = tuple(
        tuple(canonical(Add(*(covariance(g.B[0][i], Add(*(g.A[i][j] for j in of[w]))) for i in of[v]))) for w in of)
        for v in of
    )
    centred = {c - expectation(c) for c in (*g.B[0], *(c for row in g.A for c in row))} - {Integer(0)}
    triples = itertools.combinations_with_replacement(sorted(centred, key=str), 3)
    skew = any(expectation(a * b * c) != 0 for a, b, c in triples)
    highest = Rational(1, 2) if skew else Integer(1)
    if order is not None and order > highest:
        reason = (
            "its third cumulants do not vanish, and no diffusion has them"
            if skew
            else "multiplicative noise of size sqrt(h) leaves a third derivative that no diffusion has"
        )
        raise UnsupportedError(f"{scheme} has the weak order {highest} in the diffusive scaling, not {order}: {reason}")
    return StochasticModifiedEquation(
        scheme,
        highest if order is None else order,
        g.fields,
        tuple(map(expectation, steps)),
        second,
        square_root([[covariance(a, b) for b in steps] for a in steps]),
        (Integer(0),) * len(steps),
        scaling="diffusive",
    )

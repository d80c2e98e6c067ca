"""From scheme to scheme: adjoint, compose, steps, picard, rescale, nest, randomise, to_float."""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from sympy import Add, Expr, Integer, Rational

from schemetools import exact as exact_arithmetic
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.arrays import Vector
from schemetools.schemes.base import GeneralLinear, Scheme, as_scheme, is_random, labelled
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.intake import DOUBLE_DIGITS, Intake, shares_relations
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.random import drawn_again
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom

ZERO, ONE = Integer(0), Integer(1)


def _labelled(result: Scheme, name: str, *origins: Scheme) -> Any:
    """The result under a name that says how it was made; exact only if all it came from was."""
    digits = min((s.digits for s in origins if s.digits is not None), default=None)
    return labelled(result, name=name, exact=digits is None, digits=digits)


def _per_tableau(scheme: Scheme, change: Callable[[RungeKutta], RungeKutta]) -> Scheme | None:
    """The change applied to a tableau, or to each tableau of an additive scheme."""
    if isinstance(scheme, RungeKutta):
        return change(scheme)
    if isinstance(scheme, AdditiveRungeKutta):
        return AdditiveRungeKutta([(label, change(t)) for label, t in scheme.tableaux], scheme.partitioned)
    return None


def adjoint(scheme: Any) -> Any:
    """The adjoint method, the inverse of the step with -h.

        A*_ij = b_(s+1-j) - A_(s+1-i, s+1-j),  b*_i = b_(s+1-i);        alpha*_j = -alpha_(k-j),  beta*_j = beta_(k-j)
        Nystrom, listed backwards: A* = (1 - c) b'^T - b + A,  b* = b' - b,  b'* = b',  c* = 1 - c,  A'* = b' - A'

    Raises UnsupportedError for a multistep scheme with alpha_0 = 0, whose adjoint has no newest value, and for general
    linear methods. Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, sections II.3 and XV.1.

    >>> import schemetools as st
    >>> st.adjoint(st.euler) == st.backward_euler
    True
    """
    scheme = as_scheme(scheme, imaginary=True)
    name = f"adjoint({scheme})"
    if isinstance(scheme, LinearMultistep):
        if scheme.alpha[0] == 0:
            raise UnsupportedError(f"{scheme} has alpha_0 = 0, so that its adjoint does not determine the newest value")
        result = LinearMultistep([-a for a in reversed(scheme.alpha)], scheme.beta[::-1])
        return _labelled(result, name, scheme)
    if isinstance(scheme, RungeKuttaNystrom):
        return _labelled(_adjoint_nystrom(scheme), name, scheme)
    result = _per_tableau(scheme, _adjoint_tableau)
    if result is None:
        raise UnsupportedError(
            f"the adjoint is defined here for Runge-Kutta, Nystrom, additive and multistep schemes; {scheme} is of the "
            f"kind {type(scheme).__name__}"
        )
    return _labelled(result, name, scheme)


def _adjoint_tableau(t: RungeKutta) -> RungeKutta:
    back = range(t.stages - 1, -1, -1)
    A = [[exact_arithmetic.canonical(t.b[j] - t.A[i][j]) for j in back] for i in back]
    b_hat = None if t.b_hat is None else [t.b_hat[i] for i in back]
    return RungeKutta(A, [t.b[i] for i in back], b_hat=b_hat, exact=t.exact)


def _adjoint_nystrom(t: RungeKuttaNystrom) -> RungeKuttaNystrom:
    back, canonical = range(t.stages - 1, -1, -1), exact_arithmetic.canonical
    A = [[canonical(t.b_prime[j] * (1 - t.c[i]) - t.b[j] + t.A[i][j]) for j in back] for i in back]
    slopes = t.A_prime and [[canonical(t.b_prime[j] - t.A_prime[i][j]) for j in back] for i in back]
    pair = {}
    if t.b_hat is not None and t.b_prime_hat is not None:
        weights = zip(t.b_prime_hat, t.b_hat, strict=True)
        pair = {"b_hat": [canonical(x - y) for x, y in weights][::-1], "b_prime_hat": t.b_prime_hat[::-1]}
    b = [canonical(t.b_prime[i] - t.b[i]) for i in back]
    c = [canonical(1 - t.c[i]) for i in back]
    return RungeKuttaNystrom(A, b, t.b_prime[::-1], c, A_prime=slopes, exact=t.exact, digits=t.digits, **pair)


def compose(*schemes: Any, fractions: Sequence[Any] | None = None, exact: bool | None = None) -> Any:
    """One step of each scheme after another as one scheme; fraction i of h goes to scheme i, equal parts by default.

    For one-step schemes of one kind (Runge-Kutta, or additive with the same fields). Random symbols are drawn anew in
    every part, and so renamed. Fractions are coefficients as in `RungeKutta`: rounded ones, or those declared with
    `exact=False`, make the result approximate. Raises UnsupportedError for schemes that cannot be joined.

    >>> import schemetools as st
    >>> st.order(st.compose(st.get("theta(1/2)"), st.get("theta(1/2)")))
    2
    """
    parts = [as_scheme(s, imaginary=True) for s in schemes]
    if not parts:
        raise SchemeError("compose needs at least one scheme")
    given = Intake(exact, imaginary=True)
    shares = given.vector([Rational(1, len(parts))] * len(parts) if fractions is None else fractions, "fractions")
    known = given.settle(shares_relations(shares))
    if len(shares) != len(parts):
        raise SchemeError(f"{len(shares)} fractions came for {len(parts)} schemes; give one for each")
    parts = [_fresh(s, i) for i, s in enumerate(parts, 1)] if len(parts) > 1 else parts
    name = f"compose({', '.join(map(format, parts))})"
    if all(isinstance(s, RungeKutta) for s in parts):
        return _rounded(_labelled(_chain(parts, shares), name, *parts), known)  # type: ignore[arg-type]
    if all(isinstance(s, AdditiveRungeKutta) for s in parts):
        kinds = {(s.fields, s.partitioned) for s in parts}  # type: ignore[attr-defined]
        if len(kinds) == 1:
            (fields, partitioned), *_ = kinds
            tables = [(f, _chain([dict(s.tableaux)[f] for s in parts], shares)) for f in fields]  # type: ignore[attr-defined]
            return _rounded(_labelled(AdditiveRungeKutta(tables, partitioned), name, *parts), known)
    kinds = ", ".join(sorted({type(s).__name__ for s in parts}))
    raise UnsupportedError(f"compose joins Runge-Kutta schemes, or additive ones with the same fields; {kinds} came")


def _rounded(scheme: Any, known: tuple[bool, int | None]) -> Any:
    """The scheme, approximate where its fractions are."""
    if known[0]:
        return scheme
    digits = [n for n in (known[1], scheme.digits) if n is not None]
    return labelled(scheme, exact=False, digits=min(digits, default=DOUBLE_DIGITS))


def _fresh(scheme: Scheme, step: int) -> Scheme:
    """The scheme with its random symbols renamed, as an independent draw."""
    if not scheme.random_symbols:
        return scheme
    change = drawn_again(sorted(scheme.random_symbols, key=str), step)
    return dataclasses.replace(scheme.mapped(lambda c: c.xreplace(change)), name=scheme.name)  # type: ignore[type-var]


def _chain(tables: Sequence[RungeKutta], shares: Sequence[Expr]) -> RungeKutta:
    """Tableaux one after another: stages of a later one see the full steps of those before."""
    weights = [tuple(exact_arithmetic.canonical(w * b) for b in t.b) for t, w in zip(tables, shares, strict=True)]
    starts = [0, *accumulate(t.stages for t in tables)]
    A = []
    for n, (t, w) in enumerate(zip(tables, shares, strict=True)):
        before = [b for row in weights[:n] for b in row]
        after = [ZERO] * (starts[-1] - starts[n + 1])
        A += [[*before, *(exact_arithmetic.canonical(w * a) for a in row), *after] for row in t.A]
    return RungeKutta(A, [b for row in weights for b in row], exact=all(t.exact for t in tables))


def steps(scheme: Any, n: int) -> Any:
    """n steps of size h/n as one step of size h.

    For one-step schemes; n stacked Euler blocks, for example, are an n-stage tableau of order one. Raises
    SchemeError for n < 1, UnsupportedError for multistep schemes.

    >>> import schemetools as st
    >>> st.steps(st.euler, 2).stages
    2
    """
    scheme = as_scheme(scheme, imaginary=True)
    if not exact_arithmetic.is_whole(n) or n < 1:
        raise SchemeError(f"steps(scheme, n) takes a number n >= 1 of steps; {n} came")
    if n == 1:
        return scheme
    return dataclasses.replace(compose(*[scheme] * n), name=f"steps({scheme}, {n})")


def picard(scheme: Any, m: int) -> RungeKutta:
    """m Picard iterations of a Runge-Kutta scheme, from Y = u_n: an explicit scheme with f evaluated m times per stage.

        Y^0 = u_n,   Y^(l+1) = u_n + h A f(Y^l),   u_(n+1) = u_n + h b f(Y^(m-1))

    Of backward Euler this is PolyNet's poly-m as a scheme. Raises SchemeError for m < 1 or another kind of scheme.

    >>> import schemetools as st
    >>> st.order(st.picard("gauss(2)", 2)), st.order(st.picard("gauss(2)", 4))
    (2, 4)
    """
    t = as_scheme(scheme)
    if not isinstance(t, RungeKutta):
        raise UnsupportedError(f"picard takes a Runge-Kutta scheme; {type(t).__name__} came")
    if not exact_arithmetic.is_whole(m) or m < 1:
        raise SchemeError(f"picard(scheme, m) takes a number m >= 1 of iterations; {m!r} came")
    if m == 1:
        return _labelled(RungeKutta([[0]], [exact_arithmetic.canonical(Add(*t.b))]), f"picard({t}, 1)", t)
    s, total = t.stages, 1 + (m - 1) * t.stages
    A: list[list[Expr]] = [[ZERO] * total]
    for layer in range(1, m):
        for i in range(s):
            row = [ZERO] * total
            if layer == 1:
                row[0] = t.c[i]
            else:
                start = 1 + (layer - 2) * s
                row[start : start + s] = t.A[i]
            A.append(row)
    return _labelled(RungeKutta(A, [ZERO] * (total - s) + list(t.b)), f"picard({t}, {m})", t)


def rescale(scheme: Any) -> Any:
    """The scheme with h divided by its limit, so that it is consistent with u' = f.

    The limit of a tableau is sum b_i, that of a multistep scheme sigma(1)/rho'(1), field by field in additive schemes.
    Raises SchemeError where it vanishes.

    >>> import schemetools as st
    >>> scheme = st.lm(k="1/4")
    >>> st.modified_equation(scheme, 1).limit, st.modified_equation(st.rescale(scheme), 1).limit
    (4/5, 1)
    """
    scheme = as_scheme(scheme, imaginary=True)
    name = f"rescale({scheme})"
    if isinstance(scheme, LinearMultistep):
        derivative = Add(*(j * a for j, a in enumerate(scheme.alpha)))
        factor = _inverse(Add(*scheme.beta), derivative, scheme)
        result = LinearMultistep(scheme.alpha, [exact_arithmetic.canonical(factor * b) for b in scheme.beta])
        return _labelled(result, name, scheme)
    result = _per_tableau(scheme, lambda t: _scaled(t, _inverse(Add(*t.b), ONE, scheme)))
    if result is None:
        raise UnsupportedError(
            f"rescale takes Runge-Kutta, additive and multistep schemes; {type(scheme).__name__} came"
        )
    return _labelled(result, name, scheme)


def _inverse(numerator: Expr, denominator: Expr, scheme: Scheme) -> Expr:
    if exact_arithmetic.canonical(numerator) == 0 or exact_arithmetic.canonical(denominator) == 0:
        raise SchemeError(f"{scheme} has no finite nonzero limit u' = W f, so that h cannot be rescaled to W = 1")
    return exact_arithmetic.canonical(denominator / numerator)


def _scaled(t: RungeKutta, factor: Expr) -> RungeKutta:
    A = [[exact_arithmetic.canonical(factor * a) for a in row] for row in t.A]
    b_hat = None if t.b_hat is None else [exact_arithmetic.canonical(factor * b) for b in t.b_hat]
    return RungeKutta(A, [exact_arithmetic.canonical(factor * b) for b in t.b], b_hat=b_hat, exact=t.exact)


def nest(outer: Any, inner: Any) -> RungeKutta:
    """The outer scheme with each evaluation h f(Y) replaced by the increment of one inner step from Y.

        A = A_out (x) 1 b_in^T + I (x) A_in,    b = b_out (x) b_in,    R = R_out(R_in(z) - 1)

    One reading of HO-ResNet's nesting (Luo et al., arXiv 2103.15244, section on nested nets), whose exact definition
    is not settled; its order is 1 unless inner is Euler.

    >>> import schemetools as st
    >>> st.order(st.nest("rk4", "heun2")), st.order(st.nest("rk4", "euler"))
    (1, 4)
    """
    o, i = as_scheme(outer), as_scheme(inner)
    if not (isinstance(o, RungeKutta) and isinstance(i, RungeKutta)):
        kinds = ", ".join(sorted({type(s).__name__ for s in (o, i)}))
        raise UnsupportedError(f"nest takes two Runge-Kutta schemes; {kinds} came")
    A = [
        [
            exact_arithmetic.canonical(o.A[p][q] * i.b[n] + (i.A[m][n] if p == q else 0))
            for q in range(o.stages)
            for n in range(i.stages)
        ]
        for p in range(o.stages)
        for m in range(i.stages)
    ]
    b = [exact_arithmetic.canonical(x * y) for x in o.b for y in i.b]
    return _labelled(RungeKutta(A, b), f"nest({o}, {i})", o, i)


def randomise(scheme: Any, gate: Expr) -> Any:
    """The scheme with its increment multiplied by a random symbol, drawn once per step: u_(n+1) = u_n + xi (increment).

    `gate` is a random symbol of sympy.stats (`schemes.random.random_symbol`). Stochastic depth is Euler with a
    Bernoulli gate (Huang et al. 2016, arXiv 1603.09382). Raises SchemeError for a gate that is not random.

    >>> import schemetools as st
    >>> gate = st.random_symbol("xi", "bernoulli", "1/2")
    >>> print(st.modified_equation(st.randomise("euler", gate)).weak_order)
    2
    """
    scheme = as_scheme(scheme)
    if not is_random(gate):
        raise SchemeError(f"{gate} is not a random symbol; make one with random_symbol('xi', 'bernoulli', '4/5')")
    name = f"randomise({scheme}, {gate})"

    def weigh(values: Vector) -> list[Expr]:
        return [exact_arithmetic.canonical(gate * v) for v in values]

    if isinstance(scheme, LinearMultistep) and sum(b != 0 for b in scheme.beta) == 1:
        return _labelled(LinearMultistep(scheme.alpha, weigh(scheme.beta)), name, scheme)
    result = _per_tableau(scheme, lambda t: RungeKutta(t.A, weigh(t.b), exact=t.exact))
    if result is None:
        g = scheme.normal_form()
        result = GeneralLinear(g.A, g.U, [weigh(row) for row in g.B], g.V, g.colours, parts=g.parts)
    return _labelled(result, name, scheme)


def to_float(scheme: Any) -> Any:
    """The scheme with every coefficient rounded to the nearest double, marked `exact=False`.

    What a program with literals computes with. In a multistep scheme alpha_0 is what the others leave, so that
    rho(1) = 0.

    >>> import schemetools as st
    >>> st.to_float(st.ralston2).exact, st.order(st.to_float(st.ralston2))
    (False, 2)
    """
    scheme = as_scheme(scheme)

    def rounded(value: Expr) -> Expr:
        return Rational(*exact_arithmetic.to_float(value).as_integer_ratio())

    name = f"to_float({scheme})"
    if isinstance(scheme, LinearMultistep):
        others = [rounded(a) for a in scheme.alpha[1:]]
        result = LinearMultistep([-Add(*others), *others], [rounded(b) for b in scheme.beta], exact=False)
        return dataclasses.replace(result, name=name)
    if isinstance(scheme, Exponential):
        raise UnsupportedError(f"the coefficients of {scheme} are functions of h L, and are not rounded one by one")
    digits = min(scheme.digits or DOUBLE_DIGITS, DOUBLE_DIGITS)
    return labelled(labelled(scheme, exact=False, digits=digits).mapped(rounded), name=name)

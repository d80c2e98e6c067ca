"""How a scheme with a history starts: the values that it carries, and which of them are equal in its first steps."""

from collections.abc import Sequence

import sympy
from sympy import Expr, Integer

from schemetools.codegen.system import START, made_by, system
from schemetools.errors import UnsupportedError
from schemetools.exact import canonical
from schemetools.schemes.base import GeneralLinear, Scheme, labelled
from schemetools.schemes.linear import carried_along, left_eigenvector, solve_consistent
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom
from schemetools.schemes.stages import merged, total


def input_names(form: GeneralLinear) -> tuple[str, ...]:
    """Names for x: the state `x` (or `p`, `q`), then earlier states u1, u2, ... and earlier increments d1, d2, ..."""
    names = ["x"] if form.parts == 1 else list("pqrs"[: form.parts])
    for position, kind in enumerate(form.q[form.parts :], start=1):
        names.append(f"{'d' if kind == 0 else 'u'}{position}")
    return tuple(names)


def start_pattern(form: GeneralLinear) -> tuple[str, ...]:
    """The values in x when nothing came before the state: earlier states repeat it, earlier increments are h f at it.

    Raises UnsupportedError where a value is neither, so that the history has to be given.
    """
    strange = [kind for kind in form.q[form.parts :] if kind not in (0, 1)]
    if strange or (form.parts > 1 and form.values > form.parts) or not _holds_increments(form):
        raise UnsupportedError(
            "this scheme's history is neither earlier states nor earlier h f; give the history yourself"
        )
    names = input_names(form)
    return names[: form.parts] + tuple(START if kind == 0 else names[0] for kind in form.q[form.parts :])


def _holds_increments(form: GeneralLinear) -> bool:
    """Whether the values that are no states are h f once, along a smooth solution: twice h f is no start from h f.

    They lie near q u + h X f with (I - V) X = B 1 - q b, X_0 = 0, b the limit's factor; several fields have owners.
    """
    r = form.values
    others = [m for m in range(form.parts, r) if form.q[m] == 0 and made_by(form.B, form.V, m) is None]
    if not others or len(form.fields) > 1:
        return True
    w = left_eigenvector(form.V[:r], form.q)
    if w is None:
        return False
    grown = [sympy.Add(*row) for row in form.B[:r]]
    b = sympy.Add(*(c * g for c, g in zip(w, grown, strict=True)))
    first = [Integer(int(m == 0)) for m in range(r)]
    X = carried_along(form.V[:r], [canonical(g - q * b) for g, q in zip(grown, form.q, strict=True)], first)
    return X is not None and all(canonical(X[m]) == 1 for m in others)


def next_pattern(form: GeneralLinear, pattern: tuple[str, ...]) -> tuple[str, ...]:
    """The pattern of the vector x that a step from `pattern` leaves behind."""
    given, names = merged(system(form, pattern)), input_names(form)
    rows = [(given.B[m], given.V[m]) for m in range(form.values)]
    return tuple(names[rows.index(row)] for row in rows)


def pattern_scheme(scheme: Scheme, pattern: tuple[str, ...]) -> Scheme:
    """The scheme that a step from `pattern` is, its equal values taken together: the first step of lm(k) is Euler's.

    A Runge-Kutta method where the state is all there is, else a general linear method on the different values.
    """
    form = scheme.frame()
    if pattern == input_names(form):
        return scheme
    given = merged(system(form, pattern))
    r = len(given.inputs)
    if r == 1 and form.parts == 1:
        start: Scheme = RungeKutta(given.A, given.B[0])
    else:
        start = GeneralLinear(given.A, given.U, given.B[:r], given.V[:r], given.fields, parts=form.parts)
    name = f"{scheme.name} from a repeated start" if scheme.name else None
    return labelled(start, name=name, reference=scheme.reference, exact=scheme.exact, digits=scheme.digits)


def with_history(start: GeneralLinear, form: GeneralLinear) -> GeneralLinear:
    """The one-step method `start` carrying the history of `form`: it fills what a multistep scheme needs to begin.

    Raises UnsupportedError where `start` is no one-step method, or the history is not made of earlier states and h f.
    """
    if start.values != 1 or form.parts != 1:
        raise UnsupportedError("a start is a one-step scheme, such as rk4, for a scheme that carries earlier values")
    s, r = start.stages, form.values
    zero, one = sympy.S(0), sympy.S(1)
    unit = [tuple(one if i == m else zero for i in range(r)) for m in range(r)]
    # One more stage: f at the old state or at the new one, whichever the multistep scheme keeps.
    rows: list[tuple[tuple[Expr, ...], tuple[Expr, ...]]] = [((*start.B[0], zero), unit[0])]
    extra = (zero,) * s
    for m in range(1, r):
        kept = [j for j, c in enumerate(form.B[m]) if c != 0]
        if not kept:
            rows.append(((zero,) * (s + 1), form.V[m]))
        elif any(form.V[m]) or len(kept) > 1 or form.B[m][kept[0]] != 1:
            raise UnsupportedError(
                "this scheme's history is neither earlier states nor earlier h f; start it with 'repeat'"
            )
        else:
            if any(form.A[kept[0]]):
                extra = start.B[0]
            rows.append(((*(zero,) * s, one), (zero,) * r))
    A = (*((*row, zero) for row in start.A), (*extra, zero))
    B, V = zip(*rows, strict=True)
    colours = (*start.colours, start.colours[0])
    U = [unit[0]] * (s + 1)
    return GeneralLinear(A, U, B, V, colours, **start._labels())


def times_of(scheme: Scheme) -> tuple[Expr, ...]:
    """The times c_i of the stages of a scheme; see `stage_times`."""
    return scheme.c if isinstance(scheme, RungeKuttaNystrom) else stage_times(scheme.frame())


def stage_times(form: GeneralLinear) -> tuple[Expr, ...]:
    """The times c_i, in units of h after the state's, at which a field f(t, u) is evaluated.

    c = A 1 + U w, with the times w of the carried values from (I - V) w = B 1 - limit q, w = 0 for the state: what the
    scheme itself makes of t' = 1. Of several fields that add up, one alone is taken for the clock.
    """
    r, clock = form.values, form.fields[0]

    def along(M: Sequence[Sequence[Expr]], own: str) -> list[Expr]:
        label = own if form.parts == 1 else None
        return [total([c for c, colour in zip(row, form.colours, strict=True) if label in (None, colour)]) for row in M]

    rows = [[*((sympy.S(int(i == j)) - form.V[i][j]) for j in range(form.parts, r)), form.q[i]] for i in range(r)]
    solution = solve_consistent(rows, along(form.B[:r], clock))
    if solution is None:
        raise UnsupportedError(
            "the carried values have no times of their own; branches f(t, u) need a scheme whose have"
        )
    w = [sympy.S(0)] * form.parts + list(solution[:-1])
    return tuple(
        total([along(form.A, form.colours[i])[i], *(u * x for u, x in zip(form.U[i], w, strict=True))])
        for i in range(form.stages)
    )

"""Runge-Kutta schemes from the programs that keep two or three registers."""

from collections.abc import Sequence
from typing import Any

from sympy import Add, Expr, Integer

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact import canonical
from schemetools.schemes.arrays import Vector
from schemetools.schemes.base import as_scheme
from schemetools.schemes.intake import Intake
from schemetools.schemes.registers import two_c, two_n
from schemetools.schemes.runge_kutta import RungeKutta

ZERO, ONE = Integer(0), Integer(1)
Row = list[Expr]

_LISTS = {"2N": ("A", "B"), "2C": ("A", "B"), "3S*": ("gamma1", "gamma2", "gamma3", "beta", "delta")}


def low_storage(form: str, **lists: Any) -> RungeKutta:
    """The Runge-Kutta scheme that a low-storage program computes, from the coefficients of the program.

        2N    d = A_i d + h f(u),  u = u + B_i d                          (Williamson; A_1 = 0)
        2C    k = h f(v),  u = u + B_i k,  v = u + A_(i+1) k              (van der Houwen)
        3S*   v = v + delta_i u,                                          (Ketcheson; v = 0 and u = u_n to begin with)
              u = gamma1_i u + gamma2_i v + gamma3_i u_n + beta_i h f(u)

    A, B (s,), where A of 2C may leave out its unused last entry, and A of 2N its first, which is 0; the lists of 3S*
    are (s,), and all but beta may leave out the first entry, which then is 0, 1, 0 and delta_1 = 1; delta may have one
    more, which published programs use for an error alone. `name`, `reference`
    and `exact` are those of the scheme, and so is `b_hat`; programs of a 2N scheme keep two registers, unless there is
    a b_hat or `storage=None` is given. Raises SchemeError for another form, lists that are missing or do not fit.
    Source: Williamson, J. Comput. Phys. 35 (1980); Kennedy, Carpenter, Lewis, Appl. Numer. Math. 35 (2000); Ketcheson,
    J. Comput. Phys. 229 (2010).

    >>> import schemetools as st
    >>> low_storage("2N", A=[0, "-5/9", "-153/128"], B=["1/3", "15/16", "8/15"]).c
    (0, 1/3, 3/4)
    """
    if not isinstance(form, str) or form not in _LISTS:
        raise SchemeError(f"low_storage knows the forms {', '.join(_LISTS)}; {form!r} came")
    known = ("name", "reference", "exact", "digits", "storage", "b_hat")
    labels = {key: lists.pop(key) for key in known if key in lists}
    if set(lists) != set(_LISTS[form]):
        raise SchemeError(f"the form {form} has the lists {', '.join(_LISTS[form])}; {', '.join(lists) or 'none'} came")
    read = Intake(labels.get("exact"), labels.get("digits"))
    given = {key: read.vector(values, key) for key, values in lists.items()}
    if empty := [key for key, values in given.items() if not values]:
        raise SchemeError(f"{', '.join(empty)} came without an entry; the lists of the form {form} have one per stage")
    labels |= read.rounding()
    rows, b = {"2N": _two_n, "2C": _two_c, "3S*": _three_s}[form](given)
    if form == "2N" and labels.get("b_hat") is None and all(w != 0 for w in given["B"]):
        labels.setdefault("storage", form)
    return RungeKutta(rows, b, **labels)


def low_storage_form(s: Any) -> tuple[str, dict[str, Vector]]:
    """The form of two registers that a tableau has and its lists, the way back of `low_storage`: 2N, else 2C.

    Raises UnsupportedError for a tableau that has neither, and for another kind of scheme.

    >>> import schemetools as st
    >>> low_storage_form(st.midpoint)
    ('2N', {'A': (0, -1/2), 'B': (1/2, 1)})
    """
    scheme = as_scheme(s)
    if not isinstance(scheme, RungeKutta):
        raise UnsupportedError(f"{scheme} is a {type(scheme).__name__}; forms of two registers are those of a tableau")
    for form, find in (("2N", two_n), ("2C", two_c)):
        if (found := find(scheme.A, scheme.b, exact=scheme.exact)) is not None:
            return form, found
    raise UnsupportedError(f"the tableau of {scheme} has no form of two registers, neither 2N nor 2C")


def _sized(name: str, values: Vector, s: int, front: Sequence[Expr] = (), back: Sequence[Expr] = ()) -> Vector:
    """The list with s entries, its default entries added where they were left out."""
    if len(values) == s - 1 and (front or back):
        values = (*front, *values, *back)
    if len(values) != s:
        raise SchemeError(f"{name} has {len(values)} entries; {s} stages need {s}")
    return values


def _total(*terms: tuple[Expr, Row]) -> Row:
    """A linear combination of rows."""
    return [canonical(Add(*(c * row[j] for c, row in terms))) for j in range(len(terms[0][1]))]


def _unit(i: int, s: int) -> Row:
    return [ONE if j == i else ZERO for j in range(s)]


def _two_n(lists: dict[str, Vector]) -> tuple[list[Row], Row]:
    B = lists["B"]
    s = len(B)
    if len(lists["A"]) == s - 1 and lists["A"][:1] == (ZERO,):
        raise SchemeError(
            f"A has {s - 1} entries for {s} stages, and begins with 0: give all {s}, or leave out the first"
        )
    A = _sized("A", lists["A"], s, front=(ZERO,))
    if A[0] != 0:
        raise SchemeError(
            f"A of the form 2N begins with {A[0]}; it multiplies what came before the first stage, so begin it with 0 "
            "or leave that entry out"
        )
    rows, u, d = [], [ZERO] * s, [ZERO] * s
    for i in range(s):
        rows.append(u)
        d = _total((A[i], d), (ONE, _unit(i, s)))
        u = _total((ONE, u), (B[i], d))
    return rows, u


def _two_c(lists: dict[str, Vector]) -> tuple[list[Row], Row]:
    B = lists["B"]
    s = len(B)
    A = lists["A"][1:] if len(lists["A"]) == s and lists["A"][0] == 0 else lists["A"][: s - 1]
    A = _sized("A", A, s - 1)
    rows, u, v = [], [ZERO] * s, [ZERO] * s
    for i in range(s):
        rows.append(v)
        u = _total((ONE, u), (B[i], _unit(i, s)))
        v = _total((ONE, u), (A[i], _unit(i, s))) if i < s - 1 else u
    return rows, u


def _three_s(lists: dict[str, Vector]) -> tuple[list[Row], Row]:
    """Each register is a multiple of u_n and a row of h f; the multiple of u_n in a stage must be 1."""
    beta = lists["beta"]
    s = len(beta)
    g1, g2, g3 = (
        _sized(name, lists[name], s, front=(value,))
        for name, value in (("gamma1", ZERO), ("gamma2", ONE), ("gamma3", ZERO))
    )
    delta = _sized("delta", lists["delta"][:s] if len(lists["delta"]) == s + 1 else lists["delta"], s, front=(ONE,))
    rows: list[Row] = []
    u, v = [ONE] + [ZERO] * s, [ZERO] * (s + 1)
    start = [ONE] + [ZERO] * s
    for i in range(s):
        rows.append(_checked(u, i))
        v = _total((ONE, v), (delta[i], u))
        u = _total((g1[i], u), (g2[i], v), (g3[i], start), (beta[i], [ZERO, *_unit(i, s)]))
    return rows, _checked(u, s)


def _checked(u: Row, stage: int) -> Row:
    if canonical(u[0] - 1) != 0 and abs(u[0] - 1) > 1e-8:
        raise SchemeError(f"after {stage} stages the register holds {u[0]} u_n; gammas and deltas must keep u_n itself")
    return u[1:]

"""One function per layout: the tableau in another library's object, or None where the object is laid out otherwise."""

from typing import Any

from schemetools.schemes.carriers.values import Table, attribute, below, has, listed, named, square, stated_order
from schemetools.schemes.carriers.weights import embedded

HATS = ("b_hat", "bhat", "btilde", "b2", "weightsEmbedded")


def scipy_like(value: Any) -> Table | None:
    """A, B, C, and E of length s or s + 1 (the last stage is the next step's first); DOP853 has E5 and E3 instead."""
    if not has(value, "A", "B", "C") or not (has(value, "E") or has(value, "E5")):
        return None
    b, c, A = listed(value.B), listed(value.C), square(listed(value.A))
    error = listed(attribute(value, "E", "E5"))
    if len(error) > len(b):
        last = error.pop()
        if last != 0:
            A, c, b, error = [*([*row, 0] for row in A), [*b, 0]], [*c, 1], [*b, 0], [*error, last]
    [b_hat] = embedded([(A, b, error)], 1 if has(value, "E") else -1)
    return Table(A, b, c, b_hat, stated_order(value), named(value))


def two_rows(value: Any) -> Table | None:
    """A, B, C as pyodys has them, B one row of weights or two; matrix, nodes, weights as pySDC has them."""
    for matrix, weights, nodes in (("A", "B", "C"), ("matrix", "weights", "nodes")):
        if has(value, matrix, weights, nodes):
            rows = listed(getattr(value, weights))
            b, *hats = rows if isinstance(rows[0], list) else [rows]
            c = [x[0] if isinstance(x, list) else x for x in listed(getattr(value, nodes))]
            b_hat = hats[0] if hats else None
            return Table(listed(getattr(value, matrix)), b, c, b_hat, stated_order(value), named(value))
    return None


def torchdiffeq_like(value: Any) -> Table | None:
    """alpha, beta (both from the second stage on), c_sol, c_error."""
    table = _held(value)
    if not has(table, "alpha", "beta", "c_sol", "c_error"):
        return None
    A, b = below(listed(table.beta)), listed(table.c_sol)
    [b_hat] = embedded([(A, b, listed(table.c_error))], -1)
    return Table(A, b, [0, *listed(table.alpha)], b_hat, stated_order(value), named(value))


def diffrax_part(table: Any) -> Table | None:
    """a_lower (from the second stage on), a_diagonal, b_sol, c (from the second stage on) and c1; weights of the error
    come later.
    """
    if not has(table, "a_lower", "b_sol", "b_error", "c"):
        return None
    A = below(listed(table.a_lower))
    diagonal = attribute(table, "a_diagonal")
    for i, entry in enumerate([] if diagonal is None else listed(diagonal)):
        A[i][i] = entry
    return Table(A, listed(table.b_sol), [attribute(table, "c1") or 0, *listed(table.c)], name=named(table))


def torchode_like(value: Any) -> Table | None:
    """a, b, c and b_err, all with every stage."""
    table = _held(value)
    if not has(table, "a", "b", "c", "b_err"):
        return None
    A, b = listed(table.a), listed(table.b)
    [b_hat] = embedded([(A, b, listed(table.b_err))], -1)
    return Table(A, b, listed(table.c), b_hat, stated_order(value), named(value))


def butcher(value: Any) -> Table | None:
    """A or a, b, c, with b_hat under one of its names: nodepy, kauri, Irksome; Q, weights, nodes: qmat."""
    for matrix, weights, nodes in (("Q", "weights", "nodes"), ("A", "b", "c"), ("a", "b", "c"), ("A", "b", "b")):
        if has(value, matrix, weights, nodes):
            A, b = listed(getattr(value, matrix)), listed(getattr(value, weights))
            hat = attribute(value, *HATS)
            c = None if nodes == weights else listed(getattr(value, nodes))
            return Table(A, b, c, None if hat is None else listed(hat), stated_order(value), named(value))
    return None


def pathsim_like(value: Any) -> Table | None:
    """BT: the rows by stage; an explicit scheme's row i is the argument of stage i + 1, and its last row the result.
    Implicit ones have rows with a diagonal, and their weights in A or in the last row. TR is b - b_hat.
    """
    if not has(value, "BT", "eval_stages") or not isinstance(value.BT, dict):
        return None
    rows = [listed(row) if row is not None else [0] for _, row in sorted(value.BT.items())]
    if attribute(value, "is_explicit"):
        A, b = below(rows[:-1]), rows[-1]
    else:
        final = attribute(value, "A")
        A, b = square(rows), rows[-1] if final is None else listed(final)
    b = [*b, *[0] * (len(A) - len(b))]
    error = attribute(value, "TR")
    b_hat = None if error is None else embedded([(A, b, listed(error))], -1)[0]
    return Table(A, b, listed(value.eval_stages), b_hat, attribute(value, "n"), named(value))


def desolver_like(value: Any) -> Table | None:
    """tableau_intermediate: c, then A; tableau_final: one or two rows of weights behind a leading entry."""
    if not has(value, "tableau_intermediate", "tableau_final"):
        return None
    rows, finals = listed(value.tableau_intermediate), listed(value.tableau_final)
    b, *hats = [row[1:] for row in finals]
    A, c = [row[1:] for row in rows], [row[0] for row in rows]
    return Table(A, b, c, hats[0] if hats else None, stated_order(value), named(value))


def _held(value: Any) -> Any:
    """The tableau that a solver holds, or the value itself."""
    held = attribute(value, "tableau", "TABLEAU")
    return value if held is None else held

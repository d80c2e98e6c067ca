"""A scheme in LaTeX, as people write it: Butcher's tableau, the multistep recurrence, the general linear array."""

from collections.abc import Callable, Iterable, Sequence

from sympy import Expr

from schemetools.exact import latex

DISPLAY = "$\\displaystyle "


def _row(cells: Iterable[str]) -> str:
    return " & ".join(cells)


def _array(columns: str, rows: Sequence[str]) -> str:
    body = " \\\\\n".join(rows).replace("\\hline \\\\\n", "\\hline\n")
    return f"{DISPLAY}\\begin{{array}}{{{columns}}}\n{body}\n\\end{{array}}$"


def butcher(
    A: Sequence[Sequence[Expr]], b: Sequence[Expr], c: Sequence[Expr], b_hat: Sequence[Expr] | None, *, exact: bool
) -> str:
    """Butcher's tableau c | A over b, zeros above the diagonal left blank in an explicit one."""
    s = len(b)
    explicit = all(A[i][j] == 0 for i in range(s) for j in range(i, s))
    rows = []
    for i in range(s):
        cells = ["" if explicit and j >= i else latex(A[i][j], exact=exact) for j in range(s)]
        rows.append(_row([latex(c[i], exact=exact), *cells]))
    rows.append("\\hline " + _row(["", *(latex(w, exact=exact) for w in b)]))
    if b_hat is not None:
        rows.append(_row(["", *(latex(w, exact=exact) for w in b_hat)]))
    return _array("c|" + "c" * s, rows)


def nystrom_tableau(
    A: Sequence[Sequence[Expr]],
    A_prime: Sequence[Sequence[Expr]] | None,
    c: Sequence[Expr],
    feet: Sequence[Sequence[Expr]],
    *,
    exact: bool,
) -> str:
    """The tableau c | A over the weights of q and of q'; A' to the right of A where f takes the velocity."""
    blocks = [A] if A_prime is None else [A, A_prime]
    s = len(c)
    explicit = [all(M[i][j] == 0 for i in range(s) for j in range(i, s)) for M in blocks]
    rows = []
    for i in range(s):
        cells = [
            "" if blank and j >= i else latex(M[i][j], exact=exact)
            for M, blank in zip(blocks, explicit, strict=True)
            for j in range(s)
        ]
        rows.append(_row([latex(c[i], exact=exact), *cells]))
    for n, weights in enumerate(feet):
        rule = "\\hline " if n == 0 else ""
        rows.append(rule + _row(["", *(latex(w, exact=exact) for w in weights)]))
    return _array("c" + ("|" + "c" * s) * len(blocks), rows)


def side_by_side(tableaux: Sequence[tuple[str, str]]) -> str:
    """Several tableaux on one line, each under the name of its field."""
    parts = [f"{label}:\\; {text.removeprefix(DISPLAY).removesuffix('$')}" for label, text in tableaux]
    return DISPLAY + " \\qquad ".join(parts) + "$"


def _combination(coefficients: Sequence[Expr], symbol: str, exact: bool) -> str:
    terms = ""
    for j, coefficient in reversed(list(enumerate(coefficients))):
        if coefficient == 0:
            continue
        index = "n" if j == 0 else f"n+{j}"
        factor = {"1": "", "-1": "-"}.get(str(coefficient), latex(coefficient, exact=exact))
        if coefficient.is_Add:
            factor = f"\\left({factor}\\right)"
        sign = "" if not terms or factor.startswith("-") else " + "
        terms += f"{sign}{factor} {symbol}_{{{index}}}"
    return terms or "0"


def multistep_recurrence(alpha: Sequence[Expr], beta: Sequence[Expr], *, exact: bool) -> str:
    """The recurrence sum_j alpha_j u_(n+j) = h sum_j beta_j f_(n+j), newest value first."""
    return f"{DISPLAY}{_combination(alpha, 'u', exact)} = h\\left({_combination(beta, 'f', exact)}\\right)$"


def imex_recurrence(alpha: Sequence[Expr], beta: Sequence[Expr], gamma: Sequence[Expr], *, exact: bool) -> str:
    """The recurrence sum_j alpha_j u_(n+j) = h sum_j (beta_j F_(n+j) + gamma_j G_(n+j)), newest value first."""
    explicit, implicit = _combination(beta, "F", exact), _combination(gamma, "G", exact)
    right = f"{explicit} + {implicit}".replace("+ -", "- ")
    return f"{DISPLAY}{_combination(alpha, 'u', exact)} = h\\left({right}\\right)$"


def general_linear(
    A: Sequence[Sequence[Expr]],
    U: Sequence[Sequence[Expr]],
    B: Sequence[Sequence[Expr]],
    V: Sequence[Sequence[Expr]],
    *,
    exact: bool,
) -> str:
    """The array A U over B V."""
    rows = [_row(latex(x, exact=exact) for x in (*a, *u)) for a, u in zip(A, U, strict=True)]
    lower = [_row(latex(x, exact=exact) for x in (*b, *v)) for b, v in zip(B, V, strict=True)]
    lower[0] = "\\hline " + lower[0]
    return _array("c" * len(A[0]) + "|" + "c" * len(U[0]), [*rows, *lower])


def rosenbrock_array(
    A: Sequence[Sequence[Expr]],
    Gamma: Sequence[Sequence[Expr]],
    b: Sequence[Expr],
    b_hat: Sequence[Expr] | None,
    *,
    exact: bool,
) -> str:
    """The arrays A | Gamma side by side over b, what is above their diagonals left blank."""
    s = len(b)
    rows = []
    for i, (left, right) in enumerate(zip(A, Gamma, strict=True)):
        cells = ["" if j >= i else latex(x, exact=exact) for j, x in enumerate(left)]
        cells += ["" if j > i else latex(x, exact=exact) for j, x in enumerate(right)]
        rows.append(_row(cells))
    for n, weights in enumerate(w for w in (b, b_hat) if w is not None):
        shown = _row([*(latex(w, exact=exact) for w in weights), *[""] * s])
        rows.append(shown if n else "\\hline " + shown)
    return _array("c" * s + "|" + "c" * s, rows)


def phi_tableau(
    A: Sequence[Sequence[Expr]],
    b: Sequence[Expr],
    c: Sequence[Expr],
    b_hat: Sequence[Expr] | None,
    write: Callable[[Expr], str],
) -> str:
    """The tableau of an exponential method, `write` being how an entry is written."""
    rows = [
        _row([latex(c[i], exact=True), *("" if j >= i else write(x) for j, x in enumerate(A[i]))])
        for i in range(len(b))
    ]
    rows.append("\\hline " + _row(["", *map(write, b)]))
    return _array("c|" + "c" * len(b), rows if b_hat is None else [*rows, _row(["", *map(write, b_hat)])])

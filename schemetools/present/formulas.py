"""Whatever has a formula, in LaTeX."""

from typing import Any

from sympy import Expr

from schemetools import exact
from schemetools.errors import SchemeError, came
from schemetools.schemes.base import as_scheme
from schemetools.schemes.registry import get

BEGINNINGS = ("$$", r"$\displaystyle ")


def latex(x: Any) -> str:
    r"""The formula of an object in LaTeX, without dollar signs: for `equation`, `\[ \]` or any other display.

    Of a scheme, or its name, it is the tableau or recurrence; of what `modified_equation` gives, the equation; of
    `order_conditions` a row per tree, the condition as a sum and its residual; of a `Tree` its brackets; of `stability`
    R(z) or Phi(w, z), of a difference scheme the stable set; of a number the number. A block or layer stands for its
    scheme. The command line prints the same with `--latex`.
    Raises SchemeError for what has no formula.

    >>> import schemetools as st
    >>> print(st.latex(st.stability("rk4")))
    R(z) = \frac{z^{4}}{24} + \frac{z^{3}}{6} + \frac{z^{2}}{2} + z + 1
    >>> print(st.latex("midpoint"))
    \begin{array}{c|cc}
    0 &  &  \\
    \frac{1}{2} & \frac{1}{2} &  \\
    \hline  & 0 & 1
    \end{array}
    """
    if isinstance(x, Expr):
        return exact.latex(x)
    known = hasattr(x, "latex") or hasattr(x, "_repr_latex_")
    found: Any = get(x) if isinstance(x, str) else x if known else _scheme_of(x)
    written = found.latex() if hasattr(found, "latex") else found._repr_latex_()
    beginning = next((b for b in BEGINNINGS if written.startswith(b)), "")
    return written.removeprefix(beginning).rstrip("$").strip() if beginning else written


def _scheme_of(x: Any) -> Any:
    try:
        return as_scheme(x, imaginary=True)
    except SchemeError:
        raise SchemeError(
            f"{came(x)} has no formula that is known here; a scheme or its name has one, a tree, a number, and what "
            "modified_equation, order_conditions and stability give"
        ) from None

"""What is known about a scheme, in short texts: its kind and its order."""

from sympy import Expr

from schemetools.analysis.modified.derive import modified_equation
from schemetools.analysis.properties.conditions import order_conditions
from schemetools.analysis.properties.order import order
from schemetools.present.text import number
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme
from schemetools.schemes.imex_multistep import ImexMultistep
from schemetools.schemes.masked import MaskedEuler
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.runge_kutta import RungeKutta

NEARLY = 1e-9
HIGHEST_NEARLY = 8


def order_text(scheme: Scheme) -> tuple[str, str]:
    """The order, starred where the limit is not u' = f, and the note that says what it is then."""
    if isinstance(scheme, MaskedEuler):
        return f"weak {modified_equation(scheme).order}", ""
    equation = modified_equation(scheme, 1)
    limits = equation.limit if isinstance(equation.limit, tuple) else (equation.limit,)
    if all(value == 1 for value in limits):
        return str(order(scheme)), ""
    terms = (f"{_factor(v, scheme.exact)} {field}" for v, field in zip(limits, equation.fields, strict=True))
    return f"{order(scheme)}*", f"relative to u' = {' + '.join(terms)}"


def nearly_order(scheme: Scheme) -> str:
    """The order that a scheme of approximate coefficients would have, and how far its order conditions are from it."""
    largest = 0.0
    for p in range(1, HIGHEST_NEARLY + 1):
        residuals = [abs(float(value)) for tree, value in order_conditions(scheme, p).items() if tree.order == p]
        if max(residuals) > NEARLY:
            return f"order {p - 1} to within {largest:.1e}" if p > 1 else "none"
        largest = max(largest, *residuals)
    return f"order {HIGHEST_NEARLY} to within {largest:.1e}"


def kind_text(scheme: Scheme) -> str:
    """What kind of scheme it is, with its number of stages or steps."""
    how = "explicit" if scheme.is_explicit else "implicit"
    match scheme:
        case RungeKutta():
            pair = ", with an embedded result" if scheme.b_hat is not None else ""
            return f"{how} Runge-Kutta method, {_count(scheme.stages, 'stage')}{pair}"
        case LinearMultistep():
            return f"{how} linear multistep method, {_count(scheme.steps, 'step')}"
        case ImexMultistep():
            return f"implicit-explicit linear multistep method, {_count(scheme.steps, 'step')}"
        case AdditiveRungeKutta():
            kind = "partitioned" if scheme.partitioned else "additive"
            return (
                f"{how} {kind} Runge-Kutta method, {_count(scheme.stages, 'stage')}, fields {', '.join(scheme.fields)}"
            )
        case MaskedEuler():
            return f"Euler's step with a random mask per unit, {scheme.formula}"
    return f"{how} general linear method"


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _factor(value: Expr, is_exact: bool) -> str:
    written = number(value, is_exact=is_exact)
    return written if value.is_Integer or value.is_Symbol or not is_exact else f"({written})"

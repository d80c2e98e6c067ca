"""What is known about a scheme, in short texts: its kind and its order."""

import schemetools as st
from schemetools.analysis.properties.judgement import meant_limit
from schemetools.analysis.properties.limits import limits
from schemetools.analysis.properties.order import order
from schemetools.analysis.properties.short_decimals import if_rounded
from schemetools.analysis.series.solve import grammar_of
from schemetools.exact.style import TEXT
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.imex_multistep import ImexMultistep
from schemetools.schemes.masked import MaskedEuler
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.rosenbrock import Rosenbrock
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom
from schemetools.schemes.text import number
from schemetools.schemes.variable import VariableMultistep


def order_text(scheme: Scheme) -> tuple[str, str]:
    """The order, starred where a note goes with it: the limit that is not u' = f, decimals that look rounded."""
    if isinstance(scheme, MaskedEuler):
        return f"weak {st.modified_equation(scheme).order}", ""
    if isinstance(scheme, VariableMultistep):
        return str(order(scheme)), ""
    found = [] if scheme.random_symbols else [meant_limit(scheme, value) for value in limits(scheme)]
    notes = [hint] if (hint := if_rounded(scheme, order(scheme))) else []
    if any(value != 1 for value in found):
        fields = ["f"] if len(found) == 1 else grammar_of(scheme).colours
        notes.insert(0, f"relative to {TEXT.limit(zip(found, fields, strict=False), scheme.exact)}")
    return f"{order(scheme)}{'*' if notes else ''}", "; ".join(notes)


def order_report(scheme: Scheme) -> str:
    """The order that approximate coefficients are meant to have, how far it holds, and the order as written."""
    return str(order(scheme, report=True))


def kind_text(scheme: Scheme) -> str:
    """What kind of scheme it is, with its number of stages or steps."""
    how = "explicit" if scheme.is_explicit else "implicit"
    match scheme:
        case RungeKutta():
            pair = ", with an embedded result" if scheme.b_hat is not None else ""
            return f"{how} Runge-Kutta method, {_count(scheme.stages, 'stage')}{pair}"
        case Rosenbrock():
            pair = ", with an embedded result" if scheme.b_hat is not None else ""
            kind = "Rosenbrock-W method (J may be any matrix)" if scheme.w_method else "Rosenbrock method"
            return f"linearly implicit {kind}, {_count(scheme.stages, 'stage')}{pair}"
        case VariableMultistep():
            ratio = f"linear multistep method for steps of the ratio {number(scheme.ratio)}"
            return f"{how} {ratio}, {_count(scheme.steps, 'step')}"
        case Exponential():
            pair = ", with an embedded result" if scheme.b_hat is not None else ""
            return f"explicit exponential Runge-Kutta method, {_count(scheme.stages, 'stage')}{pair}"
        case LinearMultistep():
            return f"{how} linear multistep method, {_count(scheme.steps, 'step')}"
        case ImexMultistep():
            return f"implicit-explicit linear multistep method, {_count(scheme.steps, 'step')}"
        case RungeKuttaNystrom():
            equation = "q'' = f(q)" if scheme.A_prime is None else "q'' = f(q, q')"
            pair = ", with an embedded result" if scheme.b_hat is not None else ""
            return f"{how} Runge-Kutta-Nystrom method for {equation}, {_count(scheme.stages, 'stage')}{pair}"
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

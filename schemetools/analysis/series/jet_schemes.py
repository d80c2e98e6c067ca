"""What schemes do to jets: one step, or the recurrence of a multistep method, and the exponent H = dt u_t of it."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from sympy import QQ, Expr
from sympy.polys.domains.domain import Domain

from schemetools import exact
from schemetools.analysis.series.jets import Jets, Parts, exponent
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact.domains import convert
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.flux import FluxForm
from schemetools.schemes.grid_numbers import scaling
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.semidiscrete import MethodOfLines
from schemetools.schemes.stencil import Stencil


def exponent_of(scheme: DifferenceScheme | MethodOfLines, order: int, flux_degree: int | None) -> tuple[Jets, Parts]:
    """(ring, H): the scheme for u_t + F(u)_x = 0 follows dt u_t = sum_n dx^n H_n.

    Raises SchemeError for a scheme without a flux form.
    """
    if scheme.dimension != 1 or getattr(scheme, "components", 1) > 1:
        raise UnsupportedError(f"{scheme}: nonlinear modified equations are derived for one unknown in one dimension")
    if isinstance(scheme, DifferenceScheme):
        if scheme.flux_form is None:
            raise SchemeError(
                f"{scheme} is linear and has no flux form; give DifferenceScheme(..., flux_form=st.FluxForm(stages)), "
                "or take lax_friedrichs, upwind, richtmyer, maccormack, or a method of lines"
            )
        jets = Jets(order, ("lam",), flux_degree)
        return jets, _one_step(jets, _stages(jets, scheme.flux_form))
    return _of_lines(scheme, order, flux_degree)


def _one_step(jets: Jets, change: Parts) -> Parts:
    n = jets.order + 1
    left = [QQ(0), *(QQ(1, math.factorial(k)) for k in range(1, n + 1))]
    return exponent(jets, left, [QQ(1)] + [QQ(0)] * n, change)


def symbol(row: Any, order: int, domain: Domain = QQ) -> list[Any]:
    """The coefficients s_k = sum_j c_j j^k/k! of sum_j c_j e^(jX), elements of a domain."""
    found = []
    for k in range(order + 1):
        total = domain.zero
        for place, c in row:
            step = Fraction(place[0]) ** k / math.factorial(k)
            element = convert(c, domain)
            total += element * domain.convert(QQ(step.numerator, step.denominator), QQ)
        found.append(total)
    return found


def _applied_to_values(jets: Jets, s: Sequence[Any], change: Parts) -> Parts:
    """The operator on u + y, without the part s_0 u."""
    total = jets.shifted(s, change)
    return [part + jets.u[k] * s[k] if k and s[k] else part for k, part in enumerate(total)]


def _applied_to_flux(jets: Jets, s: Sequence[Any], change: Parts) -> Parts:
    """The operator on F(u + y), without the part s_0 F(u)."""
    total = jets.shifted(s, jets.flux_of(change)) if any(change) else jets.zero
    return [part + jets.flux[k] * s[k] if k and s[k] else part for k, part in enumerate(total)]


def _plus(a: Parts, b: Parts, factor: Any = 1) -> Parts:
    return [x + y * factor if y else x for x, y in zip(a, b, strict=True)]


def _stages(jets: Jets, form: FluxForm) -> Parts:
    lam = jets.ring.gens[0]
    changes = [jets.zero]
    for values, fluxes in form.stages:
        total = jets.zero
        for r, row in values:
            total = _plus(total, _applied_to_values(jets, symbol(row, jets.order), changes[r]))
        for r, row in fluxes:
            total = _plus(total, _applied_to_flux(jets, symbol(row, jets.order), changes[r]), lam)
        changes.append(total)
    return changes[-1]


class _Term:
    """dt times one term of the right-hand side: a factor in the ring, an operator, on F(u) or on u."""

    def __init__(self, weight: Expr, stencil: Stencil, scheme: MethodOfLines, jets: Jets, domain: Domain):
        self.on_flux = stencil.derivative == 1
        number, name = weight.as_coeff_Mul()
        letter = "lam" if self.on_flux else str(name)
        scale = domain.convert(QQ(int(number.p), int(number.q)), QQ)
        if self.on_flux:  # the coefficient c of the equation becomes F(u)/u
            content, rest = scaling(dict(scheme.numbers)[str(name)]).factor.as_coeff_Mul()  # type: ignore[arg-type]
            if rest != 1 and not rest.is_Symbol:
                raise SchemeError(f"the coefficient {rest} of a term with a flux must be a number times one symbol")
            scale = scale * convert(content, domain)
        self.factor = jets.ring.gens[[str(s) for s in jets.ring.symbols].index(letter)] * scale
        above = symbol(stencil.numerator, jets.order, domain)
        below = symbol(stencil.denominator, jets.order, domain)
        self.symbol = _divided(above, below, domain)

    def of(self, jets: Jets, change: Parts) -> Parts:
        """The term at u + y; a reaction acts on u itself, which is refused before."""
        apply = _applied_to_flux if self.on_flux else _applied_to_values
        return [part * self.factor if part else part for part in apply(jets, self.symbol, change)]


def _divided(above: list[Any], below: list[Any], domain: Domain) -> list[Any]:
    found: list[Any] = []
    for k in range(len(above)):
        total = above[k]
        for i in range(k):
            total -= found[i] * below[k - i]
        found.append(total / below[0])
    return found


def _of_lines(scheme: MethodOfLines, order: int, flux_degree: int | None) -> tuple[Jets, Parts]:
    stencils = [s for terms in scheme.terms for _, s in terms]
    if len(scheme.terms) != 1 or any(s.derivative == 0 for s in stencils):
        raise UnsupportedError(f"{scheme}: a flux is taken by schemes with one field, without reaction terms")
    time = scheme.time
    if time.free_symbols or any(s.parameters for s in stencils):
        raise UnsupportedError(f"{scheme} has free symbols; give them a value before a flux is taken")
    arrays = [c for s in stencils for part in (s.numerator, s.denominator) for _, c in part]
    domain = exact.domain_over(exact.generators([*time.coefficients, *arrays])[0], ())
    others = sorted({str(w.as_coeff_Mul()[1]) for w, s in scheme.terms[0] if s.derivative != 1})
    jets = Jets(order, ("lam", *others), flux_degree, domain)
    terms = [_Term(w, s, scheme, jets, domain) for w, s in scheme.terms[0]]

    def field(change: Parts) -> Parts:
        total = jets.zero
        for term in terms:
            total = _plus(total, term.of(jets, change))
        return total

    def element(c: Expr) -> Any:
        return convert(c, domain)

    if isinstance(time, LinearMultistep):
        return jets, _multistep(jets, time, field, element)
    if not isinstance(time, RungeKutta):
        raise UnsupportedError(f"{time}: a flux is taken by Runge-Kutta and multistep methods")
    return jets, _one_step(jets, _runge_kutta(jets, time, field, element))


def _multistep(jets: Jets, time: LinearMultistep, field: Any, element: Any) -> Parts:
    n = jets.order + 1
    left, right = (
        [sum((element(c) * QQ(j**k, math.factorial(k)) for j, c in enumerate(row)), QQ(0)) for k in range(n + 1)]
        for row in (time.alpha, time.beta)
    )
    return exponent(jets, left, right, field(jets.zero))


def _runge_kutta(jets: Jets, time: RungeKutta, field: Any, element: Any) -> Parts:
    """The change of one step; implicit stages by sweeps, each of which settles one more part."""
    s = time.stages
    slopes: list[Parts] = [jets.zero for _ in range(s)]
    ready = all(time.A[i][j] == 0 for i in range(s) for j in range(i, s))
    for _ in range(1 if ready else jets.order):
        for i in range(s):
            change = jets.zero
            for j in range(s):
                if time.A[i][j] != 0:
                    change = _plus(change, slopes[j], element(time.A[i][j]))
            slopes[i] = field(change)
    total = jets.zero
    for i in range(s):
        if time.b[i] != 0:
            total = _plus(total, slopes[i], element(time.b[i]))
    return total

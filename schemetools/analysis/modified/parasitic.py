"""The modes of a multistep method beside its smooth solution, u_n = y(nh) + sum_l zeta_l^n v_l(nh).

To first order in v, rho(zeta e^(hD)) v = h sigma(zeta e^(hD)) (f'(y) v). With rho(zeta e^x)/sigma(zeta e^x) = x/mu +
gamma x^2 + ...

    v' = mu f'v - h mu^2 gamma (L f''(f,v) + mu f'f'v) + O(h^2),    mu = sigma(zeta) / (zeta rho'(zeta)),   y' = L f.

Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, section XV.3.2; the O(h) term derived here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy
from sympy import CRootOf, Expr, Integer, Rational
from sympy.polys.polytools import Poly

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact import canonical, expression, to_domain
from schemetools.schemes.multistep import LinearMultistep

DIGITS = 40
ON_CIRCLE = 1e-12


@dataclass(frozen=True)
class ParasiticMode:
    """One root of rho other than 1 and 0, and how its mode moves: u_n = y(nh) + root^n v(nh).

    `growth` is mu in v' = mu f'(y) v + O(h); `first` is the pair (c1, c2) of its h term, c1 f''(f,v) + c2 f'f'v. Both
    are None at a multiple root, where the mode grows with a power of n. `value` and `growth_value` are the numbers
    themselves, None while symbols are left. Equal eigenvalues of a general linear method that are not defective have
    multiplicity 1, and no growth of their own.

    >>> import schemetools as st
    >>> (mode,) = st.modified_equation("lm").parasitic
    >>> mode.root, mode.growth
    (-k, -1/(k + 1))
    """

    root: Expr
    growth: Expr | None
    first: tuple[Expr, Expr] | None
    multiplicity: int = 1
    value: complex | None = None
    growth_value: complex | None = None

    @property
    def equation(self) -> str:
        """The mode's equation as text."""
        if self.growth is None and self.multiplicity == 1:
            return "its motion is not derived: several fields move it, or equal eigenvalues share it"
        if self.growth is None:
            return f"a root of multiplicity {self.multiplicity}: grows like n^{self.multiplicity - 1} root^n"
        return f"v' = ({self.growth}) f'v + O(h)"

    def vector_field(self, f: Sequence[Expr], u: Sequence[Any], v: Sequence[Any], h: Any) -> tuple[Expr, ...]:
        """mu f'v + h (c1 f''(f,v) + c2 f'f'v) for a concrete f(u): the right-hand side of v' beside y' = limit f +
        O(h)."""
        if self.growth is None or self.first is None:
            raise UnsupportedError("a multiple root has no linear equation of first order for its mode")
        jacobian = sympy.Matrix(f).jacobian(list(u))
        along = jacobian * sympy.Matrix(v)
        second = along.jacobian(list(u)) * sympy.Matrix(f)
        total = self.growth * along + h * (self.first[0] * second + self.first[1] * jacobian * along)
        return tuple(total)


def parasitic_modes(scheme: LinearMultistep) -> tuple[ParasiticMode, ...]:
    """The modes of an irreducible method, largest modulus first; the root 0, which dies out in finitely many steps,
    left out."""
    domain, elements = to_domain([*scheme.alpha, *scheme.beta])
    z = sympy.Dummy("z")
    k = scheme.steps
    rho = Poly.from_list(elements[k::-1], z, domain=domain)
    sigma = Poly.from_list(elements[:k:-1], z, domain=domain)
    others = rho.exquo(Poly([1, -1], z, domain=domain))
    limit = sigma.eval(1) / rho.diff(z).eval(1)
    modes = []
    for factor, multiplicity in others.factor_list()[1]:
        if factor.degree() == 1 and factor.eval(0) == 0:
            continue
        data = None if multiplicity > 1 else _motion(rho, sigma, factor, z)
        modes += [(value, _mode(root, value, data, limit, multiplicity, z)) for root, value in mode_roots(factor, z)]
    if all(value is not None for value, _ in modes):
        modes.sort(key=lambda entry: (-abs(entry[0]), -mpmath.arg(entry[0])))
    return tuple(mode for _, mode in modes)


def _mode(
    root: Expr, value: Any, data: tuple[Poly, Poly] | None, limit: Expr, multiplicity: int, z: Any
) -> ParasiticMode:
    number = None if value is None else complex(value)
    if data is None:
        return ParasiticMode(root, None, None, multiplicity, number)
    growth, first = (tidy(poly.as_expr().subs(z, root)) for poly in data)
    speed = None if value is None else value_at(data[0], z, value)
    return ParasiticMode(root, growth, (tidy(first * limit), tidy(first * growth)), 1, number, speed)


def value_at(poly: Poly, z: Any, value: Any) -> complex:
    """A polynomial at a number; irrational coefficients that have no radicals are taken to 40 digits first."""
    expression = poly.as_expr()
    numbers = {root: root.evalf(40) for root in expression.atoms(CRootOf)}
    return complex(sympy.lambdify(z, expression.xreplace(numbers), "mpmath")(value))


def _motion(rho: Poly, sigma: Poly, factor: Poly, z: Any) -> tuple[Poly, Poly]:
    """mu and -mu^2 gamma as polynomials in the root, modulo its minimal polynomial."""
    shift = Poly(z, z, domain=rho.domain)
    r1 = shift * rho.diff(z)
    r2 = shift * r1.diff(z) * Rational(1, 2) if rho.domain.is_EX else (shift * r1.diff(z)).quo_ground(2)
    s1 = shift * sigma.diff(z)
    mu = (sigma * r1.rem(factor).invert(factor)).rem(factor)
    over_sigma = sigma.rem(factor).invert(factor)
    first_coefficient = (r1 * over_sigma).rem(factor)
    gamma = ((r2 - s1 * first_coefficient) * over_sigma).rem(factor)
    return mu, (-(mu * mu).rem(factor) * gamma).rem(factor)


def mode_roots(factor: Poly, z: Any) -> list[tuple[Expr, Any]]:
    """The roots of an irreducible factor, exact, each with its value to 40 digits (None while symbols are left)."""
    symbolic = bool(factor.free_symbols_in_domain)
    if factor.degree() <= 2 or symbolic:
        found = sympy.roots(factor.as_expr(), z, multiple=True)
        if len(found) < factor.degree():
            raise UnsupportedError(
                f"the roots of {factor.as_expr()} have no formula in its symbols; give the symbols values"
            )
        return [(tidy(root), None if symbolic else mpmath.mpmathify(sympy.N(root, DIGITS))) for root in found]
    if not (factor.domain.is_QQ or factor.domain.is_ZZ):
        raise UnsupportedError(f"the roots of {factor.as_expr()} are not derived over this number field")
    with mpmath.workdps(DIGITS):
        coefficients = [mpmath.mpf(int(c.p)) / int(c.q) for c in factor.all_coeffs()]
        values = mpmath.polyroots(coefficients, maxsteps=500, extraprec=400)
    exact = [CRootOf(factor, i) for i in range(factor.degree())]
    return [(root, next(v for v in values if _isolates(root, v))) for root in exact]


def _isolates(root: CRootOf, value: Any) -> bool:
    """Whether the interval or rectangle that isolates the root contains the value."""
    interval = root._get_interval()
    if root.is_real:
        return abs(mpmath.im(value)) < ON_CIRCLE and _between(interval.a, mpmath.re(value), interval.b)
    horizontal = _between(interval.ax, mpmath.re(value), interval.bx)
    return horizontal and _between(interval.ay, mpmath.im(value), interval.by)


def _between(low: Any, value: Any, high: Any) -> bool:
    a, b = (mpmath.mpf(int(x.numerator)) / int(x.denominator) for x in (low, high))
    return a <= value <= b


def tidy(value: Expr) -> Expr:
    """A formula factored, a number with radicals in lowest terms."""
    if value.free_symbols:
        return sympy.factor(value)
    return sympy.expand(sympy.radsimp(value)) if not value.has(CRootOf) else value


def zero_stability_warning(modes: Sequence[ParasiticMode]) -> list[str]:
    """A sentence where a root lies outside the unit circle, or is multiple and on it; nothing where symbols are
    left."""
    for mode in modes:
        if mode.value is None:
            continue
        excess = abs(mode.value) - 1
        if excess > ON_CIRCLE or (mode.multiplicity > 1 and excess > -ON_CIRCLE):
            return [
                f"not zero-stable: the mode of the root {_shown(mode.value)} outgrows the smooth solution, "
                "so this equation describes a solution that rounding errors leave at once"
            ]
    return []


def _shown(value: Any) -> str:
    """A root in four digits, a real one without an imaginary part."""
    x, y = float(mpmath.re(value)), float(mpmath.im(value))
    return f"{x:.4g}" if abs(y) < ON_CIRCLE else f"{complex(x, y):.4g}"


def start_shift(scheme: LinearMultistep, start: str | Sequence[Any]) -> tuple[Expr, tuple[Expr, ...]]:
    """(delta, (w_1, ...)): where the smooth solution starts, u_0 + h delta f(u_0) + O(h^2), and the modes, v_l = h
    w_l f(u_0).

    The starting values are u_0 + h c_j f(u_0): "euler" has c_j = j from u_0 on, the state that the first steps start
    from; "repeat" takes the newest for all the earlier ones (c_j = 0), u_0 being the newest; a list holds c_0..c_(k-1).
    Projects on the root 1 and on each simple root: sum_j d_j u_j with rho(z)/(z - zeta) = sum_j d_j z^j.
    """
    k = scheme.steps
    limit = canonical(sympy.Add(*scheme.beta) / sympy.Add(*(j * a for j, a in enumerate(scheme.alpha))))
    newest = k - 1 if start == "repeat" else 0
    if start == "repeat":
        offsets: list[Expr] = [Integer(0)] * k
    elif start == "euler":
        offsets = [Integer(j) for j in range(k)]
    elif not isinstance(start, str) and len(start) == k:
        offsets = [expression(c) for c in start]
    else:
        raise SchemeError(
            f"start is {start!r}; give 'euler', 'repeat', or the {k} numbers c_j of the values u_0 + h c_j f(u_0)"
        )
    errors = [c - (j - newest) * limit for j, c in enumerate(offsets)]
    delta = _project(scheme, Integer(1), errors)
    rest = [e - delta for e in errors]
    modes = [m for m in parasitic_modes(scheme) if m.multiplicity == 1]
    return delta, tuple(tidy(_project(scheme, m.root, rest) * m.root**newest) for m in modes)


def _project(scheme: LinearMultistep, root: Expr, values: Sequence[Expr]) -> Expr:
    """sum_j d_j values_j / rho'(root), with rho(z)/(z - root) = sum_j d_j z^j."""
    quotient: list[Expr] = [scheme.alpha[-1]]
    for a in reversed(scheme.alpha[1:-1]):
        quotient.append(sympy.expand(a + root * quotient[-1]))
    quotient.reverse()
    slope = sympy.Add(*(j * a * root ** (j - 1) for j, a in enumerate(scheme.alpha) if j))
    return tidy(sympy.Add(*(d * v for d, v in zip(quotient, values, strict=True))) / slope)

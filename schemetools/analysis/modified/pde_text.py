"""Modified PDEs as people write them: u_t = -c u_x - c dx^2/6 (1 - nu^2) u_xxx + ..., in text and in LaTeX."""

import functools
from typing import Any

import sympy
from sympy import Expr, Integer, Symbol

from schemetools import exact
from schemetools.analysis.modified.pde_terms import Index, monomials, widths
from schemetools.exact.style import LATEX, TEXT, Style
from schemetools.schemes.discretisation import AXES
from schemetools.schemes.grid_numbers import DT, STEPS, scaling

SHOWN = 2  # orders of derivatives beyond the limit
LONGEST_REPEAT = 4


def derivative_text(index: Index) -> str:
    """u_x, u_xxyy, u_9x.

    >>> derivative_text((2, 1)), derivative_text((9,))
    ('u_xxy', 'u_9x')
    """
    if sum(index) > LONGEST_REPEAT + 1:
        return "u_" + "".join(f"{n}{a}" if n > 1 else a for n, a in zip(index, AXES, strict=False) if n)
    return "u_" + "".join(a * n for n, a in zip(index, AXES, strict=False)) if any(index) else "u"


def _derivative_latex(index: Index) -> str:
    return f"u_{{{derivative_text(index)[2:]}}}" if any(index) else "u"


def _prefix(eq: Any, index: Index, value: Expr) -> tuple[Expr, Expr]:
    """(factor in steps, rest in numbers) of a term: -nu (1 - nu^2)/6 dx^3/dt is c dx^2 times -(1 - nu^2)/6."""
    sizes = widths(eq.numbers, eq.dimension)
    scale = sympy.Mul(*(w**n for w, n in zip(sizes, index, strict=True))) / DT**eq.time
    above = sympy.fraction(sympy.together(value))[0]
    for name, meaning in eq.numbers:
        if meaning is None or scaling(meaning).time == 0:
            continue
        symbol = Symbol(name) ** (eq.time if scaling(meaning).time == 1 else 1)
        if sympy.rem(sympy.expand(above), symbol, Symbol(name)) == 0:
            return meaning**eq.time * scale, sympy.cancel(value / symbol)
    return scale, value


def _steps(style: Style, value: Expr) -> str:
    """A product of powers of coefficients and steps: c dx^2, dx^2/dt."""
    above, below = [], []
    for base, n in sorted(value.as_powers_dict().items(), key=lambda p: (p[0] in STEPS, str(p[0]) != "dt", str(p[0]))):
        letter = _letter(style, base)
        if base == 1:
            continue
        (above if n > 0 else below).append(style.power(letter, abs(int(n))) if abs(n) > 1 else letter)
    over = " ".join(above) or ("1" if below else "")
    if not below:
        return over
    if style is TEXT:
        return f"{over}/{below[0]}" if len(below) == 1 else f"{over}/({' '.join(below)})"
    return rf"\frac{{{over}}}{{{' '.join(below)}}}"


def _letter(style: Style, base: Expr) -> str:
    if style is TEXT:
        return str(base)
    return rf"\Delta {str(base)[1:]}" if base in STEPS else exact.latex(base)


def _term(eq: Any, style: Style, index: Index, value: Expr, mark: str) -> tuple[str, str]:
    sign, body = _formula(style, *_prefix(eq, index, value))
    return sign, " ".join(part for part in (body, mark) if part)


def _formula(style: Style, steps: Expr, rest: Expr) -> tuple[str, str]:
    """(sign, text) of steps * rest: c dx^2/6 (1 - nu^2)."""
    number, rest = (rest, Integer(1)) if rest.is_number else rest.as_coeff_Mul()
    more, rest = sympy.factor(rest).as_coeff_Mul()
    number *= more
    factors = []
    for factor in rest.as_ordered_factors() if rest != 1 else ():
        base, n = factor.as_base_exp()
        if base.is_Add and _constant_is_negative(base) and n.is_Integer:
            number *= (-1) ** n
            base = -base
        factors.append((base, n))
    factors = _merged(factors)
    sign = "-" if number.could_extract_minus_sign() else "+"
    number = -number if sign == "-" else number
    scaled, rest_text = _scaled(style, number, steps), _factors(style, factors)
    if rest_text.startswith("1/") and scaled and "/" not in scaled:
        return sign, scaled + rest_text[1:]
    return sign, " ".join(part for part in (scaled, rest_text) if part)


def _merged(factors: list[tuple[Expr, Any]]) -> list[tuple[Expr, Any]]:
    """(1 - nu) (1 + nu) as 1 - nu^2: two sums of the same power whose product is a sum of two terms."""
    for i, (a, n) in enumerate(factors):
        for j, (b, m) in enumerate(factors[:i]):
            both = sympy.expand(a * b)
            if n == m and a.is_Add and b.is_Add and len(both.args) == 2:
                rest = [pair for k, pair in enumerate(factors) if k not in (i, j)]
                return _merged([*rest, (both, n)])
    return factors


def _constant_is_negative(value: Expr) -> bool:
    constant = value.as_coeff_Add()[0]
    return bool(constant.is_negative) if constant != 0 else value.could_extract_minus_sign()


def _scaled(style: Style, number: Expr, steps: Expr) -> str:
    """number * steps, such as c dx^2/6."""
    shown = _steps(style, steps)
    if number == 1:
        return shown
    if not number.is_Rational:
        body = style.plain(number, True)
        return f"{style.group(body) if number.is_Add else body} {shown}".strip()
    p, q = int(number.p), int(number.q)  # type: ignore[attr-defined]
    above = shown if p == 1 and shown else f"{p} {shown}".strip()
    if q == 1:
        return above
    if style is TEXT:
        head, slash, tail = above.partition("/")
        return f"{head}/({q} {tail.strip('()')})" if slash else f"{above}/{q}"
    return rf"\frac{{{p}}}{{{q}}} {shown}".strip() if shown else rf"\frac{{{p}}}{{{q}}}"


def _factors(style: Style, factors: list[tuple[Expr, Any]]) -> str:
    above, below = [], []
    for base, n in factors:
        body = _polynomial(style, base)
        body = style.group(body) if base.is_Add else body
        (above if n > 0 else below).append(style.power(body, abs(int(n))) if abs(n) > 1 else body)
    over = " ".join(above)
    if not below:
        return over
    if style is TEXT:
        under = " ".join(below)
        return f"{over or 1}/{under if len(below) == 1 else style.group(under)}"
    return rf"\frac{{{over or '1'}}}{{{' '.join(below)}}}"


def _polynomial(style: Style, base: Expr) -> str:
    """A sum with its constant first: 1 - nu^2."""
    if not base.is_Add:
        return style.plain(base, True)
    terms = sorted(base.args, key=lambda t: (sympy.Poly(t, *sorted(base.free_symbols, key=str)).total_degree(), str(t)))
    result = ""
    for term in terms:
        negative = term.could_extract_minus_sign()
        shown = style.plain(-term if negative else term, True)
        shown = shown.replace("**", "^").replace("*", " ") if style is TEXT else shown
        result += (
            shown
            if not result and not negative
            else f"-{shown}"
            if not result
            else f" {'-' if negative else '+'} {shown}"
        )
    return result


def _joined(terms: list[tuple[str, str]]) -> str:
    result = ""
    for sign, body in terms:
        result += (f"-{body}" if sign == "-" else body) if not result else f" {sign} {body}"
    return result or "0"


def _shown(eq: Any) -> list[Index]:
    """The limit, and the error terms of the first few orders that there are."""
    limit = set(eq._limit)
    errors = {index for part in (eq.diffusion, eq.dispersion) for index in part}
    orders = sorted({sum(index) for index in errors})[:SHOWN]
    return [index for index in eq.coefficients if index in limit or sum(index) in orders]


def equation(eq: Any, style: Style) -> str:
    """u_t = ... with the limit and the first errors."""
    mark = derivative_text if style is TEXT else _derivative_latex
    terms, more = [], []
    shown = _shown(eq)
    for index in shown:
        known = eq._limit.get(index)
        value = eq.coefficients[index]
        if known is not None:
            terms.append(_term(eq, style, index, known, mark(index)))
            value = sympy.expand(value - known) if value.is_polynomial() else sympy.factor(value - known)
        if value != 0:
            more.append(_term(eq, style, index, value, mark(index)))
    left = "u_" + "t" * eq.time if style is TEXT else f"u_{{{'t' * eq.time}}}"
    rest = "..." if style is TEXT else r"\cdots"
    return f"{left} = {_joined(terms + more)} + {rest}"


def orders(eq: Any) -> str:
    """What the errors scale with: order 2 in dx at fixed nu, or dt, dx^2 where numbers scale differently."""
    errors = {(m.time, m.space) for m in monomials(eq.series, eq.numbers, eq.time)} - {(0, 0)}
    moving = [(name, meaning) for name, meaning in eq.numbers if meaning is not None]
    if not errors:
        return f"exact through derivatives of order {eq.order}"
    rates = {-sum(scaling(meaning).space) for _, meaning in moving if scaling(meaning).time == 1}
    if len(rates) == 1 and all(scaling(meaning).time == 1 for _, meaning in moving) and rates != {0}:
        (k,) = rates
        fixed = ", ".join(f"{name} = {str(meaning).replace('**', '^').replace('*', ' ')}" for name, meaning in moving)
        return f"order {min(a * k + b for a, b in errors)} in dx at fixed {fixed}"
    least = [e for e in errors if not any(f != e and f[0] <= e[0] and f[1] <= e[1] for f in errors)]
    sizes = ", ".join(_size(a, b) for a, b in sorted(least, reverse=True))
    return f"errors of order {sizes} in derivatives through {eq.order}"


def _size(a: int, b: int) -> str:
    return _steps(TEXT, DT**a * Symbol("dx") ** b)


def _derived(eq: Any) -> str:
    """How far the equation was derived, beyond which nothing is known of it: u_xxxx."""
    return derivative_text((eq.order,)) if eq.dimension == 1 else f"derivatives of order {eq.order}"


def _diffusion(eq: Any) -> str:
    if not eq.diffusion:
        return f"none through {_derived(eq)}: no even derivative, waves keep their size so far"
    index, value = next(iter(eq.diffusion.items()))
    body = _joined([_term(eq, TEXT, index, value, "")])
    if sum(index) == 2:
        return f"{body} for {derivative_text(index)}; damps where positive"
    return f"none of second order; {body} for {derivative_text(index)}, {_damps(index)}"


def _damps(index: Index) -> str:
    return f"damps where {'positive' if sum(index) % 4 == 2 else 'negative'}"


def _dispersion(eq: Any) -> str:
    if not eq.dispersion:
        return f"none through {_derived(eq)}: no odd derivative beyond the limit"
    index, value = next(iter(eq.dispersion.items()))
    if eq.dimension == 1 and eq.time == 1 and any(sum(i) % 2 for i in eq._limit):
        theta = Symbol("theta")
        first = min(sympy.Add.make_args(eq.phase_error()), key=lambda t: sympy.degree(t, theta))
        n = sympy.degree(first, theta)
        sign, body = _formula(TEXT, theta**n, eq.phase_error().coeff(theta, n))
        return f"relative phase error {'-' if sign == '-' else ''}{body}; waves lag where it is negative"
    return f"{_joined([_term(eq, TEXT, index, value, '')])} for {derivative_text(index)}"


def _consistent(eq: Any) -> str:
    if eq.consistency is None:
        return "see the warnings"
    low, high = eq.consistency
    if (low, high) == (0, None):
        return "for every path dt, dx -> 0"
    ends = [f"r > {low}" if low != 0 else "", f"r < {high}" if high is not None else ""]
    return f"for dt ~ dx^r, {' and '.join(end for end in ends if end)}"


def _parasite(eq: Any, branch: Any) -> str:
    teeth = (
        "" if branch.sawtooth is None else " and ".join(f"(-1)^{'ijk'[a]}" for a, s in enumerate(branch.sawtooth) if s)
    )
    wave = " ".join(p for p in ("" if branch.root == 1 else f"({_signed(branch.root)})^n", teeth, "v") if p)
    if not branch.coefficients:
        return wave
    terms = [
        _term(eq, TEXT, index, value, derivative_text(index).replace("u", "v", 1))
        for index, value in branch.coefficients.items()
    ][: max(1, eq.dimension)]
    return f"{wave},  v_t = {_joined(terms)} + ..."


def _signed(value: Expr) -> str:
    sign, body = TEXT.coefficient(value)
    return f"-{body}" if sign == "-" else body


@functools.lru_cache(maxsize=128)
def text(eq: Any) -> str:
    """The equation in lines of text."""
    lines = [f"{eq.scheme}: {orders(eq)}", f"modified    {equation(eq, TEXT)}"]
    if eq.time == 1:
        lines += [f"diffusion   {_diffusion(eq)}", f"dispersion  {_dispersion(eq)}"]
    lines.append(f"consistent  {_consistent(eq)}")
    in_time = [b for b in eq.parasitic if b.sawtooth is None]
    lines += [f"parasite    {_parasite(eq, branch)}" for branch in in_time]
    lines += [
        f"sawtooth    {_parasite(eq, branch)}" for branch in eq.parasitic if branch.sawtooth and branch.root.is_number
    ]
    return "\n".join([*lines, *(f"note        {note}" for note in eq.warnings)])


def latex(eq: Any) -> str:
    """The equation as a LaTeX display."""
    return f"$$ {equation(eq, LATEX)} $$"

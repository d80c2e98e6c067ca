"""How a coefficient stands in an equation: (k^2-10k+1)/(6(1+k)^5), 13/10, in text and in LaTeX."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

import sympy
from sympy import Expr, Rational
from sympy.polys.polytools import Poly

from schemetools import exact as exact_arithmetic

PRIMES = 4


def signed_sum(terms: Iterable[tuple[str, str]]) -> str:
    """Signed terms in one line: a - b + c.

    >>> signed_sum([("-", "a"), ("+", "b"), ("-", "c")])
    '-a + b - c'
    """
    result = ""
    for sign, body in terms:
        if result:
            result += f" {sign} {body}"
        else:
            result = body if sign == "+" else f"-{body}"
    return result


class Style(ABC):
    """The marks in which text and LaTeX differ."""

    @abstractmethod
    def fraction(self, above: str, below: str, compound: bool) -> str:
        """above / below; `compound` says that the denominator is a product."""

    @abstractmethod
    def power(self, base: str, exponent: int) -> str:
        """base to an exponent that is at least 1."""

    @abstractmethod
    def plain(self, value: Expr, exact: bool) -> str:
        """Any other expression."""

    @abstractmethod
    def group(self, inner: str) -> str:
        """Parentheses."""

    @abstractmethod
    def derivative(self, letter: str, n: int) -> str:
        """The n-th derivative of a function: primes while they can be counted at a glance, then (n)."""

    def sum(self, terms: Iterable[tuple[Expr, str]], exact: bool = True) -> str:
        """The sum of coefficients before factors, those that vanish left out; "0" where all do.

        `exact` is False for approximate numbers, which are printed as decimals.

        >>> from sympy import Rational
        >>> TEXT.sum([(Rational(1, 2), "f"), (Rational(-1), "g")])
        '1/2 f - g'
        """
        shown = [(*self.coefficient(value, exact), factor) for value, factor in terms if value != 0]
        return signed_sum((sign, factor if body == "1" else f"{body} {factor}") for sign, body, factor in shown) or "0"

    def limit(self, terms: Iterable[tuple[Expr, str]], exact: bool = True) -> str:
        """The equation that a scheme follows, one factor per field.

        >>> from sympy import Rational
        >>> TEXT.limit([(Rational(10, 13), "f")]), TEXT.limit([(Rational(-1), "f"), (Rational(2), "g")])
        ("u' = (10/13) f", "u' = -f + 2 g")
        """
        shown = [(*self.coefficient(value, exact), label) for value, label in terms]
        return f"u' = {signed_sum((sign, self._before(body, label)) for sign, body, label in shown)}"

    def _before(self, body: str, label: str) -> str:
        """A factor and what it multiplies: f, 2 f, (10/13) f."""
        if body == "1":
            return label
        return f"{body if body.replace('.', '').isdigit() else self.group(_unwrap(body))} {label}"

    def coefficient(self, value: Expr, exact: bool = True) -> tuple[str, str]:
        """(sign, magnitude), the magnitude ready to stand before a factor; '1' for one.

        >>> from sympy import Symbol
        >>> k = Symbol("k")
        >>> TEXT.coefficient((k - 1) / (2 * (k + 1) ** 3))
        ('-', '(1-k)/(2(1+k)^3)')
        """
        if exact and value.is_Rational:
            sign, size = ("-", -value) if value < 0 else ("+", value)
            return sign, self._rational(size)  # type: ignore[arg-type]
        if exact and value.free_symbols and (found := _factored(value)) is not None:
            return self._formula(*found)
        sign = "-" if value.could_extract_minus_sign() else "+"
        size = -value if sign == "-" else value
        body = self.plain(size, exact)
        return sign, self.group(body) if size.is_Add else body

    def _rational(self, value: Rational) -> str:
        return str(value.p) if value.q == 1 else self.fraction(str(value.p), str(value.q), False)

    def _formula(self, content: Rational, factors: dict[Poly, int]) -> tuple[str, str]:
        sign = "-" if content < 0 else "+"
        shown = []
        for poly, n in factors.items():
            flip = poly.total_degree() == 1 and (poly.TC() < 0 or (poly.TC() == 0 and poly.LC() < 0))
            if flip and n % 2:
                sign = "+" if sign == "-" else "-"
            shown.append((-poly if flip else poly, n))
        above = self._product(abs(int(content.p)), [(p, n) for p, n in shown if n > 0])
        below = self._product(int(content.q), [(p, -n) for p, n in shown if n < 0])
        if below == "1":
            return sign, above
        compound = len([n for _, n in shown if n < 0]) + (content.q != 1) > 1
        return sign, self.fraction(above, below, compound)

    def _product(self, number: int, factors: list[tuple[Poly, int]]) -> str:
        parts = [] if number == 1 and factors else [str(number)]
        for poly, n in sorted(factors, key=lambda entry: len(entry[0].terms()) > 1):
            body = self.polynomial(poly)
            if len(poly.terms()) > 1:
                body = self.group(body)
            parts.append(self.power(body, n) if n > 1 else body)
        return "".join(parts)

    def polynomial(self, poly: Poly) -> str:
        """A polynomial with integer coefficients; 1+k, but k^2-10k+1."""
        terms = poly.terms()
        if poly.total_degree() == 1:
            terms = terms[::-1]
        result = ""
        for powers, c in terms:
            number = int(c)
            letters = "".join(
                self.power(self.plain(g, True), n) if n > 1 else self.plain(g, True)
                for g, n in zip(poly.gens, powers, strict=True)
                if n
            )
            size = "" if abs(number) == 1 and letters else str(abs(number))
            result += ("-" if number < 0 else "+" if result else "") + size + letters
        return result


def _factored(value: Expr) -> tuple[Rational, dict[Poly, int]] | None:
    """(content, {irreducible integer polynomial: exponent}) of a rational function over Q; None for anything else."""
    above, below = sympy.fraction(sympy.together(value))
    symbols = sorted(value.free_symbols, key=str)
    if not (above.is_polynomial(*symbols) and below.is_polynomial(*symbols)):
        return None
    content, factors = Rational(1), {}
    for part, direction in ((above, 1), (below, -1)):
        poly = Poly(part, *symbols)
        if not (poly.domain.is_ZZ or poly.domain.is_QQ):
            return None
        number, found = poly.factor_list()
        content *= number**direction
        for factor, n in found:
            scale, factor = factor.clear_denoms(convert=True)
            content *= (1 / scale) ** (n * direction)
            factors[factor] = factors.get(factor, 0) + n * direction
    return Rational(content), {f: n for f, n in factors.items() if n}


class _Text(Style):
    def fraction(self, above: str, below: str, compound: bool) -> str:
        return f"{above}/{self.group(below) if compound else below}"

    def power(self, base: str, exponent: int) -> str:
        return base if exponent == 1 else f"{base}^{exponent}"

    def plain(self, value: Expr, exact: bool) -> str:
        if exact and value.has(sympy.CRootOf):
            exact = False
        return exact_arithmetic.text(value, exact=exact)

    def group(self, inner: str) -> str:
        return f"({inner})"

    def derivative(self, letter: str, n: int) -> str:
        return letter + "'" * n if n <= PRIMES else f"{letter}^({n})"


class _Latex(Style):
    def fraction(self, above: str, below: str, compound: bool) -> str:
        return rf"\frac{{{_unwrap(above)}}}{{{_unwrap(below)}}}"

    def power(self, base: str, exponent: int) -> str:
        return base if exponent == 1 else f"{base}^{{{exponent}}}"

    def plain(self, value: Expr, exact: bool) -> str:
        return exact_arithmetic.latex(value, exact=exact)

    def group(self, inner: str) -> str:
        return f"({inner})"

    def derivative(self, letter: str, n: int) -> str:
        return letter + "'" * n if n < PRIMES else f"{letter}^{{({n})}}"


def _unwrap(text: str) -> str:
    """Without parentheses around the whole."""
    is_group = text.startswith("(") and text.endswith(")") and ")" not in text[1:-1]
    return text[1:-1] if is_group else text


TEXT: Style = _Text()
LATEX: Style = _Latex()

"""The grammar of coefficients: text to an exact number or formula, with our own parser and nothing evaluated as code.

    sum      := product (("+" | "-") product)*
    product  := factor (("*" | "/") factor)*
    factor   := ("+" | "-") factor | power
    power    := atom (("**" | "^") factor)?           the exponent is an integer
    atom     := number | name | "sqrt" "(" sum ")" | "root" "(" sum "," sum "," sum ")" | turn | "(" sum ")"
    turn     := ("cos" | "sin" | "tan") "(" sum ")"

`root(p, lo, hi)` is the only real root of the polynomial p (in x, rational coefficients) between the rationals lo
and hi. cos, sin and tan take a rational multiple of pi, cos(pi/18); pi stands nowhere else. I is the imaginary unit
where complex coefficients are taken.
"""

import math
import re
from collections.abc import Callable, Collection, Sequence
from typing import NoReturn, TypeVar

import sympy
from sympy import Expr, Poly, Rational, Symbol

from schemetools.errors import CoefficientError
from schemetools.exact.trigonometry import MOST_TURNS, algebraic, is_rational_turn

MAX_LENGTH = 4000
MAX_NESTING = 50
MAX_EXPONENT = 64
MAX_DECIMAL_EXPONENT = 300
MAX_BITS = 20_000
MAX_TERMS = 2000

_TOKEN = re.compile(
    r"\s*(?:([0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)|([A-Za-z_]\w*)|(\*\*|[-+*/^(),]))"
)
_WORD = re.compile(r"[A-Za-z_]\w*")
_TURNS: dict[str, Callable[[Expr], Expr]] = {"cos": sympy.cos, "sin": sympy.sin, "tan": sympy.tan}
_RESERVED_FUNCTIONS = ("sqrt", "root", *_TURNS)
_POLYNOMIAL_VARIABLE = Symbol("x")
T = TypeVar("T")


def shorten(text: str, limit: int = 60) -> str:
    """The text as an error message may quote it."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


class _Parser:
    """Recursive descent over one text; numbers are folded as they are read, so that size limits hold at every step."""

    def __init__(self, text: str, symbols: Collection[str], *, imaginary: bool = False):
        self.text = text
        self.imaginary = imaginary
        self.symbols = symbols
        self.tokens = self._tokenize()
        self.position = 0
        self.depth = 0

    def fail(self, reason: str) -> NoReturn:
        raise CoefficientError(f"cannot read the coefficient {shorten(self.text)!r}: {reason}")

    def _tokenize(self) -> list[tuple[str, str]]:
        tokens: list[tuple[str, str]] = []
        text = self.text.rstrip()
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                self.fail(
                    f"unexpected character {text[position:].lstrip()[:1]!r}; write it with + - * / ** ( ) and sqrt"
                )
            number, name, operator = match.groups()
            tokens.append(("number", number) if number else ("name", name) if name else ("operator", operator))
            position = match.end()
        return tokens

    def peek(self) -> str:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> tuple[str, str]:
        if self.position >= len(self.tokens):
            self.fail(f"it ends where {expected or 'a number'!r} was expected")
        kind, value = self.tokens[self.position]
        if expected is not None and value != expected:
            self.fail(f"{value!r} stands where {expected!r} was expected")
        self.position += 1
        return kind, value

    def whole(self) -> Expr:
        result = self.sum()
        if self.position < len(self.tokens):
            self.fail(f"{shorten(self.peek(), 20)!r} was not expected after a complete expression")
        return self.small(result)

    def nested(self, inner: Callable[[], T]) -> T:
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.fail(f"it is nested deeper than {MAX_NESTING} levels")
        result = inner()
        self.depth -= 1
        return result

    def bounded(self, value: Expr) -> Expr:
        if value.is_Rational and max(abs(value.p).bit_length(), value.q.bit_length()) > MAX_BITS:  # type: ignore[attr-defined]
            self.fail(f"a number in it has more than {MAX_BITS} bits")
        return value

    def is_zero(self, value: Expr) -> bool:
        if value.is_Rational:
            return value == 0
        self.small(value)
        return sympy.cancel(value) == 0 if value.free_symbols else sympy.expand(value) == 0

    def small(self, value: Expr) -> Expr:
        if expanded_terms(value) > MAX_TERMS:
            self.fail(f"multiplied out it has more than {MAX_TERMS} terms")
        return value

    def sum(self) -> Expr:
        result = self.product()
        while self.peek() in ("+", "-"):
            _, sign = self.take()
            term = self.product()
            result = self.bounded(result + term if sign == "+" else result - term)
        return result

    def product(self) -> Expr:
        result = self.factor()
        while self.peek() in ("*", "/"):
            _, operator = self.take()
            factor = self.factor()
            if operator == "/" and self.is_zero(factor):
                self.fail("it divides by zero")
            result = self.bounded(result * factor if operator == "*" else result / factor)
        return result

    def factor(self) -> Expr:
        if self.peek() in ("+", "-"):
            _, sign = self.take()
            operand = self.nested(self.factor)
            return operand if sign == "+" else -operand
        return self.power()

    def power(self) -> Expr:
        base = self.atom()
        if self.peek() not in ("**", "^"):
            return base
        self.take()
        exponent = self.nested(self.factor)
        if not exponent.is_Integer:
            self.fail("an exponent must be an integer; write sqrt(...) or root(x^3-2, 1, 2) for a root")
        n = int(exponent)  # type: ignore[arg-type]
        if abs(n) > MAX_EXPONENT:
            self.fail(f"an exponent exceeds {MAX_EXPONENT}")
        if n < 0 and self.is_zero(base):
            self.fail("it divides by zero")
        if base.is_Rational and max(abs(base.p).bit_length(), base.q.bit_length()) * abs(n) > MAX_BITS:  # type: ignore[attr-defined]
            self.fail(f"a power in it has more than {MAX_BITS} bits")
        return base**n

    def atom(self) -> Expr:
        kind, value = self.take()
        if kind == "number":
            return self.number(value)
        if kind == "name":
            return self.function(value) if value in _RESERVED_FUNCTIONS else self.symbol(value)
        if value == "(":
            inner = self.nested(self.sum)
            self.take(")")
            return inner
        self.fail(f"{value!r} stands where a number was expected")

    def number(self, value: str) -> Expr:
        if "e" in value.lower() and abs(int(re.split("[eE]", value)[1])) > MAX_DECIMAL_EXPONENT:
            self.fail(f"the exponent of {shorten(value, 20)} exceeds {MAX_DECIMAL_EXPONENT}")
        return Rational(value)

    def symbol(self, name: str) -> Expr:
        if name == "I":
            return self.imaginary_unit()
        if name not in self.symbols:
            if self.imaginary and name in ("i", "j"):
                self.fail("the imaginary unit is written I")
            self.fail(
                f"the name {shorten(name, 20)!r} is not declared; give Symbol('...') itself, or declare it in the file"
            )
        return Symbol(name)

    def imaginary_unit(self) -> Expr:
        if not self.imaginary:
            self.fail(
                "I, the imaginary unit, stands in Runge-Kutta tableaus and in the fractions of compositions only; "
                "coefficients are real elsewhere"
            )
        return sympy.I

    def function(self, name: str) -> Expr:
        self.take("(")
        if name == "sqrt":
            argument = self.nested(self.sum)
            self.take(")")
            if argument.free_symbols:
                self.fail("sqrt takes a number, not a symbol")
            if argument.has(sympy.I):
                self.fail("sqrt takes a real number")
            if argument.is_negative and not self.imaginary:
                self.fail("the square root of a negative number is complex; coefficients are real")
            return sympy.sqrt(argument)
        if name in _TURNS:
            return self.turn(name)
        polynomial = self.nested(self.root_polynomial)
        bounds: list[Expr] = []
        for _ in range(2):
            self.take(",")
            bounds.append(self.nested(self.sum))
        self.take(")")
        return self.root(polynomial, bounds)

    def turn(self, name: str) -> Expr:
        outer, self.symbols = self.symbols, ("pi",)
        angle = self.nested(self.sum).xreplace({Symbol("pi"): sympy.pi})
        self.symbols = outer
        self.take(")")
        if not is_rational_turn(angle):
            self.fail(f"{name} takes a rational multiple p*pi/q, q <= {MOST_TURNS}: only those are algebraic numbers")
        value = _TURNS[name](angle)
        if value.has(sympy.zoo):
            self.fail(f"{name} has a pole there")
        return algebraic(value)

    def root_polynomial(self) -> Poly:
        outer, self.symbols = self.symbols, (_POLYNOMIAL_VARIABLE.name,)
        expression = self.small(self.sum())
        self.symbols = outer
        try:
            return Poly(expression, _POLYNOMIAL_VARIABLE, domain="QQ")
        except (sympy.PolynomialError, sympy.CoercionFailed):
            self.fail("root(p, lo, hi) needs a polynomial p in x with rational coefficients")

    def root(self, polynomial: Poly, bounds: Sequence[Expr]) -> Expr:
        low, high = bounds
        if polynomial.degree() < 1 or not (low.is_Rational and high.is_Rational) or not low < high:
            self.fail("root(p, lo, hi) needs a polynomial in x of degree >= 1 and rationals lo < hi")
        return only_root_between(polynomial, low, high, self.fail)


def only_root_between(polynomial: Poly, low: Expr, high: Expr, fail: Callable[[str], NoReturn]) -> Expr:
    """The real root of a rational polynomial in (low, high), as an exact sympy number.

    Only the irreducible factor that has the root is kept, so that equal numbers are equal objects.
    """
    if polynomial.eval(low) == 0 or polynomial.eval(high) == 0:
        fail("root(p, lo, hi): an end of the interval is itself a root")
    factors = [(factor, factor.count_roots(low, high)) for factor, _ in polynomial.factor_list()[1]]
    if sum(count for _, count in factors) != 1:
        fail("root(p, lo, hi) needs exactly one root between lo and hi")
    factor = next(factor for factor, count in factors if count)
    before = factor.count_roots(None, low)
    return sympy.rootof(factor.as_expr(), factor.gen, before)


def expanded_terms(value: Expr) -> int:
    """An upper bound for the number of terms that multiplying the expression out would give."""
    if value.is_Add:
        return sum(map(expanded_terms, value.args))
    if value.is_Mul:
        return math.prod(map(expanded_terms, value.args))
    if value.is_Pow and value.exp.is_Integer:  # type: ignore[attr-defined]
        terms, n = expanded_terms(value.base), abs(int(value.exp))  # type: ignore[attr-defined]
        return math.comb(n + terms - 1, n)
    return 1


def parse(text: str, symbols: Collection[str] = (), *, imaginary: bool = False) -> Expr:
    """The exact value of a coefficient's text, symbols being the declared names that may stand in it.

    With `imaginary`, I is the imaginary unit, refused otherwise.

    Raises CoefficientError for anything outside the grammar of this module and above its limits
    (4,000 characters, 50 levels, exponents to 64).
    """
    if len(text) > MAX_LENGTH:
        raise CoefficientError(f"a coefficient text has {len(text)} characters; at most {MAX_LENGTH} are read")
    if not text.strip():
        raise CoefficientError("an empty text is not a coefficient; write 0")
    return _Parser(text, symbols, imaginary=imaginary).whole()


def formula(text: str) -> Expr:
    """A formula as text, by the same grammar and limits, every name in it a symbol.

    >>> formula("u^2/2 - k*u")
    -k*u + u**2/2
    """
    return parse(text, {*_WORD.findall(text)} - {*_RESERVED_FUNCTIONS, "pi"})

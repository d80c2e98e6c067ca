"""A concrete vector field inside a polynomial ring that is closed under differentiation.

Whatever is no polynomial in the variables, such as 1/(u^2+v^2), sqrt, sin, exp, becomes one more generator; its partial
derivatives, taken by sympy, are polynomials in the generators again. Derivatives and products are then ring operations.
"""

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import sympy
from sympy import Expr, Integer, Pow, Rational, Symbol
from sympy.external.gmpy import GROUND_TYPES
from sympy.polys.rings import ring as sympy_ring

if GROUND_TYPES == "flint":
    import flint
else:
    flint = None

MAX_GENERATORS = 48


class NotClosedError(Exception):
    """The field's derivatives do not stay in finitely many generators; work with expressions then."""


def _root(value: Expr) -> tuple[Expr, int, int] | None:
    """(generator, its power, power of 1/base) for a rational power base^(p/q) of something that is no number."""
    exponent = value.exp  # type: ignore[attr-defined]
    if not exponent.is_Rational:
        return None
    whole, part = divmod(int(exponent.p), int(exponent.q))
    generator = Pow(value.base, Rational(1, exponent.q)) if part else Integer(1)  # type: ignore[attr-defined]
    return generator, part, -whole


class Algebra:
    """The ring Q[variables, parameters, generators] for a list of fields, and the partial derivatives in it."""

    def __init__(self, fields: Iterable[Expr], variables: Sequence[Symbol]):
        self.variables = tuple(variables)
        self.generators: dict[Expr, int] = {v: i for i, v in enumerate(self.variables)}
        waiting, self._derivatives = list(fields), {}
        while waiting:
            self._collect(waiting.pop())
            for g in list(self.generators):
                for x in self.variables:
                    if (g, x) not in self._derivatives:
                        self._derivatives[g, x] = g.diff(x)
                        waiting.append(self._derivatives[g, x])
        names = [f"x{i}" for i in range(len(self.generators))]
        if flint is not None and hasattr(flint, "fmpq_mpoly_ctx"):
            context = flint.fmpq_mpoly_ctx.get(names, flint.Ordering.lex)
            self.symbols, self.one = context.gens(), context.constant(1)
        else:
            context, *symbols = sympy_ring(names, sympy.QQ)
            self.symbols, self.one = tuple(symbols), context.one
        self.zero = self.one - self.one
        self._chain = [
            [(i, d) for g, i in self.generators.items() if (d := self.convert(self._derivatives[g, x]))]
            for x in self.variables
        ]

    def _collect(self, value: Expr) -> None:
        """Register the generators of an expression."""
        if value.is_Rational or value.is_Float or value in self.generators:
            return
        if value.is_Add or value.is_Mul:
            for argument in value.args:
                self._collect(argument)  # type: ignore[arg-type]
            return
        if value.is_Pow and (root := _root(value)) is not None and not value.is_number:
            generator, _, inverse = root
            self._collect(value.base)  # type: ignore[attr-defined]
            if generator != 1:
                self._register(generator)
            if inverse > 0:
                self._register(1 / value.base)  # type: ignore[attr-defined]
            return
        self._register(value)

    def _register(self, generator: Expr) -> None:
        self.generators.setdefault(generator, len(self.generators))
        if len(self.generators) > MAX_GENERATORS or generator.has(sympy.Derivative, sympy.Subs):
            raise NotClosedError

    def convert(self, value: Expr) -> Any:
        """The ring element of an expression in the generators."""
        if value in self.generators:
            return self.symbols[self.generators[value]]
        if value.is_Rational:
            return self.rational(value)
        if value.is_Float:
            return self.rational(Rational(str(value)))
        if value.is_Add:
            return functools.reduce(lambda a, b: a + b, (self.convert(a) for a in value.args))  # type: ignore[arg-type]
        if value.is_Mul:
            return functools.reduce(lambda a, b: a * b, (self.convert(a) for a in value.args))  # type: ignore[arg-type]
        generator, part, inverse = _root(value)  # type: ignore[misc]
        base = value.base if inverse < 0 else 1 / value.base  # type: ignore[attr-defined]
        result = self.convert(generator) ** part if part else self.one
        return result * self.convert(base) ** abs(inverse) if inverse else result

    def rational(self, value: Expr) -> Any:
        """A rational number as a ring element."""
        p, q = int(value.p), int(value.q)  # type: ignore[attr-defined]
        return self.one * (flint.fmpq(p, q) if flint is not None else sympy.QQ(p, q))

    def gradient(self, value: Any) -> list[Any]:
        """The partial derivatives of a ring element with respect to the variables."""
        partial: dict[int, Any] = {}
        result = []
        for chain in self._chain:
            total = self.zero
            for i, inner in chain:
                if i not in partial:
                    partial[i] = value.derivative(i) if flint is not None else value.diff(self.symbols[i])
                if partial[i]:
                    total = total + partial[i] * inner
            result.append(total)
        return result

    def expression(self, value: Any) -> Expr:
        """A ring element as an expression, common powers of denominators cancelled."""
        if not value:
            return Integer(0)
        down: list[Expr] = []
        inverses = [(g, i) for g, i in self.generators.items() if g.is_Pow and g.exp == -1 and not g.base.is_number]  # type: ignore[attr-defined]
        for generator, i in inverses:
            value, power = self._clear(value, self.convert(generator.base), i)  # type: ignore[attr-defined]
            down.append(generator**power)
        return sympy.Mul(self._plain(value), *down)

    def _clear(self, value: Any, base: Any, i: int) -> tuple[Any, int]:
        """(N, m) with value = N / base^m, m as small as it can be."""
        terms = dict(value.to_dict() if flint is not None else value.items())
        top = max(monomial[i] for monomial in terms)
        if top == 0:
            return value, 0
        parts: list[Any] = [self.zero] * (top + 1)
        for monomial, c in terms.items():
            product = self.one * c
            for j, power in enumerate(monomial):
                if power and j != i:
                    product = product * self.symbols[j] ** power
            parts[top - monomial[i]] = parts[top - monomial[i]] + product
        total = self.zero
        for part in reversed(parts):
            total = total * base + part
        return self._divide_out(total, base, top)

    def _divide_out(self, value: Any, base: Any, power: int) -> tuple[Any, int]:
        while power and value:
            quotient, remainder = divmod(value, base)
            if remainder:
                break
            value, power = quotient, power - 1
        return value, power

    def _plain(self, value: Any) -> Expr:
        generators = list(self.generators)
        terms = []
        for monomial, c in (value.to_dict() if flint is not None else value).items():
            number = Rational(int(c.numerator), int(c.denominator))
            terms.append(sympy.Mul(number, *(generators[i] ** p for i, p in enumerate(monomial) if p)))
        return sympy.Add(*terms)


class ExpressionAlgebra:
    """The same operations on sympy expressions, for fields whose derivatives never close."""

    def __init__(self, variables: Sequence[Symbol]):
        self.variables = tuple(variables)
        self.zero: Expr = Integer(0)
        self.one: Expr = Integer(1)

    def convert(self, value: Expr) -> Expr:
        """The expression itself."""
        return value

    def rational(self, value: Expr) -> Expr:
        """The number itself."""
        return value

    def gradient(self, value: Expr) -> list[Expr]:
        """The partial derivatives."""
        return [value.diff(x) for x in self.variables]

    def expression(self, value: Expr) -> Expr:
        """The expression, expanded."""
        return sympy.expand(value)


def algebra_for(fields: Sequence[Expr], variables: Sequence[Symbol]) -> Algebra | ExpressionAlgebra:
    """The ring of the fields where their derivatives close, expressions otherwise."""
    try:
        return Algebra(fields, variables)
    except NotClosedError:
        return ExpressionAlgebra(variables)

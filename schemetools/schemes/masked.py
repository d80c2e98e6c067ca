"""Euler steps with noise per unit: dropout at every placement, and noise added to the state."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from sympy import Expr, Integer, Rational

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact import canonical, latex, text
from schemetools.schemes.arrays import Matrix, Vector
from schemetools.schemes.base import GeneralLinear, Scheme
from schemetools.schemes.intake import Intake, no_relations

FORMULAS = {
    "output": "u + h m * f(u)",
    "hidden": "u + h f(u, m)",
    "input": "u + h f(m * u)",
    "skip": "m * u + h f(u)",
    "added": "u + h f(u) + m",
}
ON_THE_STATE = ("skip", "added")


@dataclass(frozen=True, repr=False)
class MaskedEuler(Scheme):
    """Euler's step with a random mask m, one independent entry per unit, drawn anew in every step.

        output  u + h m * f(u)        hidden  u + h f(u, m)        input  u + h f(m * u)
        skip    m * u + h f(u)        added   u + h f(u) + m

    `mask` is a formula in one random symbol (Bernoulli, uniform, normal, Rademacher): the entry of one unit, of mean 1,
    or of mean 0 for noise that is added. Noise on the state carries its power of h: with `power` = 1/2 it is the part
    of `mask` beside its mean times sqrt(h), the size at which there is a limit. In evaluation the mask is its mean.
    Raises SchemeError for another placement, another power, and a mask without one random symbol.
    Source: Sun, Tao, Du (2018), Stochastic training of residual networks, arXiv 1812.00174.

    >>> import schemetools as st
    >>> st.get("dropout_output(1/10)").formula
    'u + h m * f(u)'
    """

    placement: str
    mask: Expr
    power: Rational
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)
    digits: int | None = field(default=None, compare=False)

    def __init__(
        self,
        placement: str,
        mask: Any,
        power: Any = 0,
        *,
        name: str | None = None,
        reference: str | None = None,
        exact: bool | None = None,
        digits: int | None = None,
    ):
        if not isinstance(placement, str) or placement not in FORMULAS:
            raise SchemeError(f"{placement!r} is no placement of a mask; the placements are {', '.join(FORMULAS)}")
        given = Intake(exact, digits)
        (entry,), (power,) = given.vector([mask], "mask"), given.vector([power], "power")
        allowed = (0, Rational(1, 2)) if placement in ON_THE_STATE else (0,)
        if power not in allowed:
            raise SchemeError(
                f"the power {text(power)} of h came for a mask on the {placement}; "
                f"it is {' or '.join(str(p) for p in allowed)} there"
            )
        self._set(name, reference, given.settle(no_relations), placement=placement, mask=entry, power=power)
        if len(self.random_symbols) != 1:
            raise SchemeError(
                f"the mask {text(self.mask)} has {len(self.random_symbols)} random symbols; the entry of one unit is a "
                "formula in one, st.random_symbol('xi', 'bernoulli', '9/10') say"
            )

    @property
    def formula(self) -> str:
        """The step, as text; m is the mask, * acts unit by unit."""
        return FORMULAS[self.placement]

    @property
    def is_explicit(self) -> bool:
        """Whether a step evaluates f at known values only: it does."""
        return True

    def normal_form(self) -> GeneralLinear:
        """There is none: a coefficient of a general linear method is one number for all units."""
        raise UnsupportedError(
            f"{self} draws one mask entry per unit, so that it has no tableau: its modified_equation and its to_block "
            "say what it does; drop_path(p) is the scheme with one gate for the whole branch"
        )

    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        return type(self)(
            self.placement,
            change(self.mask),
            self.power,
            name=self.name,
            reference=self.reference,
            exact=self.exact,
            digits=self.digits,
        )

    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        return ((self.mask, self.power),)

    def __repr__(self) -> str:
        return f"MaskedEuler({self.formula}, m = {text(canonical(self.mask))})"

    def _repr_latex_(self) -> str:
        shown = {
            "output": r"u_n + h\, m \odot f(u_n)",
            "hidden": r"u_n + h\, f(u_n, m)",
            "input": r"u_n + h\, f(m \odot u_n)",
            "skip": r"m \odot u_n + h\, f(u_n)",
            "added": r"u_n + h\, f(u_n) + m",
        }[self.placement]
        scale = "" if self.power == Integer(0) else r"\quad\text{(noise times } \sqrt{h}\text{)}"
        return rf"$\displaystyle u_{{n+1}} = {shown},\qquad m_i = {latex(self.mask, exact=self.exact)}{scale}$"

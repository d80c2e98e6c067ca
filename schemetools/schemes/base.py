"""What every scheme is: frozen data, exact coefficients, one normal form."""

import dataclasses
import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, TypeVar

from sympy import Expr, Symbol, nan, oo, zoo

from schemetools import exact as exact_arithmetic
from schemetools.errors import SchemeError, TableauError, UnsupportedError
from schemetools.exact import is_random
from schemetools.schemes.arrays import Matrix, Vector, flat
from schemetools.schemes.complex_steps import check_complex, parameter, real_parts
from schemetools.schemes.discretisation import Discretisation
from schemetools.schemes.intake import Intake, no_relations
from schemetools.schemes.kept import copied, kept
from schemetools.schemes.latex import general_linear
from schemetools.schemes.linear import preconsistency
from schemetools.schemes.naming import renamed

T = TypeVar("T")


class Scheme(ABC):
    """A numerical scheme, written down once: a frozen, hashable value.

    Two schemes are equal when their coefficients are; `name`, `reference`, `exact` and `digits` do not count. A cache
    by scheme must therefore give back nothing that depends on these: `order` depends on `exact`, whatever prints
    on the name. Key such caches by (scheme, scheme.exact), or by all labels, as `nn.blocks.make.Key` does.
    `exact` is False when a coefficient is an approximation (learned, or published only as decimals); `digits` then is
    the number of decimals to which the coefficients are known, else None.

    >>> import schemetools as st
    >>> sorted(st.rk4.coefficients)[:3], st.lm().free_symbols
    ([0, 0, 0], frozenset({k}))
    """

    name: str | None
    reference: str | None
    exact: bool
    digits: int | None
    warns: ClassVar[bool] = False  # of a kind whose construction may warn, which is said under the name it is given

    def _set(self, name: str | None, reference: str | None, known: tuple[bool, int | None], **arrays: Any) -> None:
        """Fill the frozen fields, once, at construction; `known` is (exact, digits)."""
        labels = {"name": _one_line(name, "name"), "reference": _one_line(reference, "reference")}
        labels |= {"exact": known[0], "digits": known[1]}
        for key, value in {**arrays, **labels}.items():
            object.__setattr__(self, key, value)

    @abstractmethod
    def normal_form(self) -> "GeneralLinear":
        """The scheme as a general linear method (A, U, B, V)."""

    def frame(self) -> "GeneralLinear":
        """The fields, carried values and times of a step as a general linear form; only these are to be read from it.

        It is the normal form, and for a kind that has none the one that evaluates and carries the same.
        """
        return self.normal_form()

    @property
    def starts_itself(self) -> bool:
        """Whether a first step may take what it lacks from the state: itself, and h f at it."""
        return True

    @property
    @abstractmethod
    def is_explicit(self) -> bool:
        """Whether a step evaluates f at known values only."""

    @abstractmethod
    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        """The scheme with `change` applied to every coefficient."""

    @abstractmethod
    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        """The coefficient arrays, in the order in which they are written."""

    @abstractmethod
    def _repr_latex_(self) -> str:
        """The scheme as people write it, for a notebook."""

    def mapped(self, change: Callable[[Expr], Expr]) -> Self:
        """The scheme with `change` applied to every coefficient; its labels stay."""
        return self._map(change)

    @property
    def arrays(self) -> tuple[Vector | Matrix, ...]:
        """The coefficient arrays, in the order in which they are written."""
        return self._arrays()

    @property
    def coefficients(self) -> Vector:
        """Every coefficient, flat, in the order in which the arrays are written."""
        return tuple(flat(self.arrays))

    @property
    @kept
    def random_symbols(self) -> frozenset[Expr]:
        """The random symbols (sympy.stats) among the coefficients, drawn anew in every step."""
        return frozenset(s for c in self.coefficients for s in c.free_symbols if is_random(s))  # type: ignore[misc]

    @property
    @kept
    def free_symbols(self) -> frozenset[Symbol]:
        """The free symbols among the coefficients and among the parameters of their distributions."""
        found = {s for c in self.coefficients for s in c.free_symbols if not is_random(s)}
        return frozenset(found | {p for s in self.random_symbols for p in s.pspace.distribution.free_symbols})  # type: ignore[arg-type]

    @property
    @kept
    def is_complex(self) -> bool:
        """Whether a coefficient has an imaginary part, as those of splitting methods with complex steps do."""
        return any(map(exact_arithmetic.is_complex, self.coefficients))

    @property
    def real_parts(self) -> tuple[Expr, Expr] | None:
        """The least and the largest real part of the weights: below 0 a splitting steps back in time somewhere.

        None where weights have symbols.
        """
        form = self.normal_form()
        return real_parts(weight for row in form.B[: form.values] for weight in row)

    def subs(self, values: Mapping[Any, Any]) -> Self:
        """The scheme with free symbols, named by text or symbol, replaced by coefficients.

        A float that is no short decimal is taken as its exact binary value, and the result is marked `exact=False`.
        Raises SchemeError for a symbol that the scheme does not have.

        >>> import schemetools as st
        >>> st.lm().subs({"k": "3/10"}) == st.lm(k=0.3)
        True
        """
        known = {s.name: s for s in self.free_symbols}
        replacement: dict[Symbol, Expr] = {}
        for key, value in values.items():
            name = key if isinstance(key, str) else getattr(key, "name", None)
            if name not in known:
                names = ", ".join(sorted(known)) or "none"
                raise SchemeError(f"{self} has no free symbol {key!r}; its free symbols: {names}")
            replacement[known[name]] = parameter(value)
        if not replacement:
            return self
        is_exact = self.exact and not any(map(exact_arithmetic.is_long_float, values.values()))
        changed = self.mapped(lambda c: exact_arithmetic.canonical(self._finite(c.subs(replacement), replacement)))
        return labelled(changed, name=renamed(self.name, replacement, is_exact), exact=is_exact)

    def _finite(self, value: Expr, at: Mapping[Symbol, Expr]) -> Expr:
        if value.has(zoo, nan, oo):
            where = ", ".join(f"{symbol} = {number}" for symbol, number in at.items())
            raise SchemeError(f"{self} does not exist at {where}: a coefficient divides by zero there")
        return value

    def __format__(self, spec: str) -> str:
        """Its name: in a sentence a scheme is called by its name."""
        return format(self.name or f"unnamed {type(self).__name__}", spec)

    def __str__(self) -> str:
        """The scheme as people write it. Loaded on first use: that file knows all kinds, this one none."""
        return importlib.import_module(f"{__package__}.text").scheme_text(self)

    def _known(self) -> str:
        """What a repr says of approximate coefficients."""
        return "" if self.exact else f", known to {self.digits} decimals"

    def _labels(self) -> dict[str, Any]:
        """Name, reference and what is known of the digits, as a constructor takes them."""
        return dict(name=self.name, reference=self.reference, exact=self.exact, digits=self.digits)


def labelled(scheme: T, **labels: Any) -> T:
    """The scheme under other labels; where `exact` changes, `digits` are found anew unless they are given."""
    changed = labels.get("exact", scheme.exact) is not scheme.exact  # type: ignore[attr-defined]
    told = labels.get("digits", scheme.digits) != scheme.digits  # type: ignore[attr-defined]
    if changed or told or scheme.warns:  # type: ignore[attr-defined]
        return dataclasses.replace(scheme, **({"digits": None} if changed else {}) | labels)  # type: ignore[type-var]
    return copied(scheme, **{key: _one_line(labels[key], key) for key in labels.keys() & {"name", "reference"}})


def _one_line(value: Any, what: str) -> str | None:
    """A name or a reference: one line of text, or nothing."""
    if value is not None and (not isinstance(value, str) or not value.isprintable()):
        raise SchemeError(f"{what} must be one line of text; {value!r} came")
    return value


def as_scheme(value: Any, *, imaginary: bool = False) -> Scheme:
    """The scheme that a value is, carries or names, as every verb takes it.

    A Scheme; anything with a `.scheme` (a block, a trained layer, a family); the name of a catalog entry as text; or an
    object of another library that holds a tableau: SciPy's RK23, RK45, DOP853 and Radau, solvers and tableaux of
    diffrax, torchdiffeq, torchode, nodepy, kauri, extensisq, Irksome, FIAT, qmat, pySDC, pyodys, desolver and pathsim.
    They are told by their layout, and none of these libraries is imported. Where a library keeps an error vector, the
    embedded weights are found by the order conditions, and `b` is what the library advances with. A table that has a
    lower order than its library says is taken with a SchemeWarning.
    Raises SchemeError for anything else, and for complex coefficients unless `imaginary` says that the verb takes them.

    >>> import scipy.integrate
    >>> as_scheme("lm:k=0.3").name, as_scheme(scipy.integrate.Radau).name
    ('lm(k=3/10)', 'radau_iia(3)')
    """
    carried = None if isinstance(value, str) else getattr(value, "scheme", None)
    known = next((s for s in (value, carried) if isinstance(s, Scheme)), None)
    if known is not None:
        check_complex(known, taken=imaginary)
        return known
    found = next((v for v in (value, carried) if isinstance(v, Discretisation)), None)
    # Loaded on first use: readers build schemes, and this file knows none of their kinds.
    found = found or importlib.import_module(f"{__package__}.carriers.read").read(value)
    if isinstance(found, Discretisation):
        raise UnsupportedError(
            f"{found:} is a scheme of a partial differential equation; a scheme of u' = f(u), such as rk4, was "
            "expected here. modified_equation and stability take both"
        )
    return found


NOT_A_SCHEME = (
    "its stages are not consistent: no vector q has V q = q and U q = 1, so a stage is evaluated away from the "
    "solution. The literal PolyNet block x + F(x) + F(F(x)) is the example: F(F(x)) evaluates F near 0, not near x; "
    "polynet(2) = x + h f(x + h f(x)) is the scheme"
)


@dataclass(frozen=True, repr=False)
class GeneralLinear(Scheme):
    """A general linear method with coloured stages.

        Y_i = h sum_j A_ij f_c(j)(Y_j) + sum_l U_il x_l,        x'_m = h sum_j B_mj f_c(j)(Y_j) + sum_l V_ml x_l

    A is (s, s), U (s, r), B (r, s), V (r, r), coefficients as in `exact.coefficient`; B and V may have one row more,
    the embedded result. `colours` holds one field label per stage. The first `parts` components of x are the state,
    the rest is history, newest first. Raises TableauError for malformed arrays and for stages that are not
    consistent (U q != 1). Source: J. C. Butcher, General linear methods, Acta Numerica 15 (2006), section 2.

    >>> import schemetools as st
    >>> st.midpoint.normal_form().A
    ((0, 0), (1/2, 0))
    """

    A: Matrix
    U: Matrix
    B: Matrix
    V: Matrix
    colours: tuple[str, ...]
    parts: int
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)
    digits: int | None = field(default=None, compare=False)

    def __init__(
        self,
        A: Any,
        U: Any,
        B: Any,
        V: Any,
        colours: Sequence[Any] | None = None,
        *,
        parts: int = 1,
        name: str | None = None,
        reference: str | None = None,
        exact: bool | None = None,
        digits: int | None = None,
    ):
        given = Intake(exact, digits, imaginary=True)
        A = given.matrix(A, "A")
        s = len(A)
        if any(len(row) != s for row in A):
            given.matrix(A, "A", columns=s)
        U = given.matrix(U, "U")
        r = len(U[0]) if U else 0
        B, V = given.matrix(B, "B", columns=s), given.matrix(V, "V", columns=r)
        if s == 0 or len(U) != s or r == 0 or len(V) not in (r, r + 1) or len(B) != len(V) or not 1 <= parts <= r:
            raise TableauError(
                f"A is {s} x {s}, U {len(U)} x {r}, B {len(B)} x {s}, V {len(V)} x {r}; with s stages and "
                "r values A is (s, s), U (s, r), B (r, s), V (r, r); an embedded result is one more row in both B and V"
            )
        labels = ("f",) * s if colours is None else tuple(str(c) for c in colours)
        if len(labels) != s:
            raise TableauError(f"{len(labels)} colours came for {s} stages; give one per stage")
        self._set(name, reference, given.settle(no_relations), A=A, U=U, B=B, V=V, colours=labels, parts=parts)
        q = preconsistency(U, V, parts)
        if q is None:
            raise TableauError(f"this is not a scheme: {NOT_A_SCHEME}")
        object.__setattr__(self, "_q", q)

    @property
    def q(self) -> Vector:
        """The preconsistency vector, V q = q and U q = 1: 1 marks a value of the solution, 0 an earlier h f."""
        return self._q  # type: ignore[attr-defined]

    @property
    def stages(self) -> int:
        """The number of stages s, as written."""
        return len(self.A)

    @property
    def values(self) -> int:
        """The number r of values that are carried from step to step."""
        return len(self.U[0])

    @property
    def fields(self) -> tuple[str, ...]:
        """The labels of the fields, in order of first appearance."""
        return tuple(dict.fromkeys(self.colours))

    @property
    def embedded(self) -> bool:
        """Whether there is an embedded result, one more row in B and V."""
        return len(self.V) > self.values

    @property
    def is_explicit(self) -> bool:
        """Whether the stages can be evaluated one after another: the graph of A has no cycle."""
        waiting = {i: {j for j, a in enumerate(row) if not a.is_zero} for i, row in enumerate(self.A)}
        while ready := {i for i, needs in waiting.items() if not needs}:
            waiting = {i: needs - ready for i, needs in waiting.items() if i not in ready}
        return not waiting

    def normal_form(self) -> "GeneralLinear":
        """The scheme itself."""
        return self

    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        A, U, B, V = (tuple(tuple(map(change, row)) for row in M) for M in (self.A, self.U, self.B, self.V))
        return type(self)(A, U, B, V, self.colours, parts=self.parts, **self._labels())

    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        return self.A, self.U, self.B, self.V

    def __repr__(self) -> str:
        shape = f"stages={self.stages}, values={self.values}{self._known()}"
        return f"GeneralLinear({self.name or ''}{', ' if self.name else ''}{shape})"

    def _repr_latex_(self) -> str:
        return general_linear(self.A, self.U, self.B, self.V, exact=self.exact)

"""Which picture a `stability` command draws, and the values of a `--sweep`."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import schemetools as st
from schemetools.errors import SchemeError

if TYPE_CHECKING:  # at run time these would load sympy, and `--help` would take five times as long
    from sympy import Expr

    from schemetools.schemes.base import Scheme

MOST_VALUES = 50
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True)
class View:
    """What the options say about a picture of regions."""

    xlim: tuple[float, float] | None
    ylim: tuple[float, float] | None
    labels: list[str] | None
    eigenvalues: list[complex] | None
    normalized: bool
    shares: dict[str, str] | None = None

    @classmethod
    def of(
        cls,
        xlim: str | None,
        ylim: str | None,
        labels: str | None,
        eigenvalues: str | None,
        *,
        normalized: bool,
        shares: dict[str, str] | None,
    ) -> Self:
        """The view of the options as they were written. Raises SchemeError for one that cannot be read."""
        names = None if labels is None else [name.strip() for name in labels.split(",")]
        values = None if eigenvalues is None else _complex_numbers(eigenvalues)
        return cls(_limits("--xlim", xlim), _limits("--ylim", ylim), names, values, normalized, shares)

    @property
    def asked(self) -> bool:
        """Whether there is an option that makes sense for a picture only."""
        return any(value is not None for value in (self.xlim, self.ylim, self.labels, self.eigenvalues))

    @property
    def limits(self) -> dict[str, Any]:
        """The limits that were given."""
        return {name: v for name, v in (("xlim", self.xlim), ("ylim", self.ylim)) if v is not None}


def check_ends(names: Sequence[str], **limits: str | None) -> None:
    """Raise SchemeError where the upper end of an axis stands apart from the lower one, where names stand."""
    for axis, low in limits.items():
        stray = next((name for name in names if NUMBER.fullmatch(name)), None)
        if low is not None and NUMBER.fullmatch(low) and stray is not None:
            raise SchemeError(f"--{axis} {low} {stray}: write both ends with a colon, --{axis} {low}:{stray}")


def shares_of(text: str | None) -> dict[str, str] | None:
    """The share of each field in `F=0,G=1`. Raises SchemeError for another form and for a field named twice."""
    if text is None:
        return None
    pairs = [part.partition("=") for part in text.split(",")]
    fields = [field.strip() for field, _, _ in pairs]
    if not all(field and equals and share.strip() for field, equals, share in pairs) or len(set(fields)) < len(fields):
        raise SchemeError(f"--shares {text!r}: write a number per field, as in F=0,G=1")
    return dict(zip(fields, (share.strip() for _, _, share in pairs), strict=True))


def _limits(option: str, text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    low, _, high = text.partition(":")
    try:
        ends = float(low), float(high)
    except ValueError:
        ends = (0.0, 0.0)
    if not (math.isfinite(ends[0]) and math.isfinite(ends[1]) and ends[0] < ends[1]):
        raise SchemeError(f"{option} {text!r}: write two numbers, the lower one first, as in {option} -4:1")
    return ends


def _complex_numbers(text: str) -> list[complex]:
    """The numbers of a text, or of a text file, separated by commas or white space."""
    path = Path(text)
    written = path.read_text(encoding="utf-8") if path.is_file() else text
    try:
        return [complex(part.replace("i", "j")) for part in re.split(r"[,\s]+", written.strip()) if part]
    except ValueError as error:
        raise SchemeError(
            f"--eigenvalues {text!r}: write complex numbers such as -1,-2+3j, or a file of them"
        ) from error


def drawing(
    schemes: Sequence["Scheme"], special: Mapping[str, bool], sweep: str | None, view: View
) -> Callable[[], Any]:
    """The drawing that the options ask for, to be called for its axes. Raises SchemeError where they do not fit."""
    asked = [option for option, wanted in {**special, "--sweep": sweep is not None}.items() if wanted]
    if len(asked) > 1:
        raise SchemeError(f"{' and '.join(asked)} are different pictures; ask for one of them")
    if asked and len(schemes) != 1:
        raise SchemeError(f"{asked[0]} draws one scheme; {len(schemes)} were named")
    if asked and (view.labels is not None or view.eigenvalues is not None):
        raise SchemeError(f"--labels and --eigenvalues belong to a picture of regions; leave them out with {asked[0]}")
    if sweep is not None:
        symbol, values = swept(sweep)
        return lambda: st.present.plot_sweep(
            schemes[0], values, symbol=symbol, normalized=view.normalized, **view.limits
        )
    if asked and view.normalized:
        raise SchemeError(f"{asked[0]} is not drawn rescaled; leave --normalized out")
    if asked and view.shares is not None:
        raise SchemeError(f"--shares belong to a picture of regions; leave them out with {asked[0]}")
    plots = {
        "--order-star": lambda: st.present.plot_order_star(schemes[0], **view.limits),
        "--locus": lambda: st.present.plot_locus(schemes[0], **view.limits),
        "--relative": lambda: st.present.plot_relative_stability(schemes[0], **view.limits),
        "--imex": lambda: st.plot_imex(schemes[0], **view.limits),
    }
    if asked:
        return plots[asked[0]]
    laid = {"labels": view.labels, "eigenvalues": view.eigenvalues}
    plane = {"normalized": view.normalized, "shares": view.shares}
    return lambda: st.plot_stability(schemes, **laid, **plane, **view.limits)


def swept(text: str) -> tuple[str, list["Expr"]]:
    """The symbol and the exact values of `k=-0.9:1:7`: seven values of k from -9/10 to 1, equally spaced.

    Raises SchemeError for anything of another form.
    """
    symbol, _, span = text.partition("=")
    parts = span.split(":")
    if not symbol.strip().isidentifier() or len(parts) != 3 or not parts[2].strip().isdecimal():
        raise SchemeError(f"--sweep {text!r}: write the symbol, both ends and how many, as in k=-0.9:1:7")
    low, high, count = st.exact.parse(parts[0]), st.exact.parse(parts[1]), int(parts[2])
    if not 2 <= count <= MOST_VALUES:
        raise SchemeError(f"--sweep {text!r}: the number of values is 2 to {MOST_VALUES}; {count} came")
    return symbol.strip(), [st.exact.canonical(low + (high - low) * i / (count - 1)) for i in range(count)]


def instances(scheme: "Scheme", symbol: str, values: Sequence["Expr"]) -> list["Scheme"]:
    """The scheme with each of the values for the symbol."""
    return [scheme.subs({symbol: value}) for value in values]

"""Which entries of the catalog are of a kind, an order, a stability: schemes are built and judged for that."""

from typing import Any

from schemetools.analysis.properties.order import order as order_of
from schemetools.analysis.stability.verb import stability as stability_of
from schemetools.errors import SchemeError
from schemetools.present.grids import discretisation_facts
from schemetools.present.kind import kind_text
from schemetools.progress import tell
from schemetools.schemes import registry
from schemetools.schemes.discretisation import Discretisation

VERDICTS = {"zero": "is_zero_stable", "A": "is_a_stable", "L": "is_l_stable", "algebraic": "is_algebraically_stable"}


def names_of(kind: str = "", order: int | None = None, stability: str = "") -> set[str]:
    """The names of the entries that fit; of a family its default instance is asked.

    `kind` is a part of what `show` calls the kind ("implicit Runge-Kutta", "embedded"), `stability` one of zero, A, L,
    algebraic. Raises SchemeError for another word.

    >>> sorted(names_of("linear multistep", 4))
    ['milne_simpson']
    """
    if stability and stability not in VERDICTS:
        raise SchemeError(f"{stability!r} is no stability that can be asked for; the words are {', '.join(VERDICTS)}")
    found, names = set(), registry.names()
    for i, name in enumerate(names, 1):
        tell("entry", i, len(names))
        if _fits(registry.family(name).scheme, kind.lower(), order, stability):
            found.add(name)
    return found


def _is_of(kind: str, text: str) -> bool:
    """Whether a kind is part of the text; what is implicit-explicit is no explicit scheme."""
    return kind in (text if "-explicit" in kind else text.replace("-explicit", ""))


def _fits(scheme: Any, kind: str, order: int | None, stability: str) -> bool:
    """Whether a scheme answers so; one that has no such answer does not."""
    if isinstance(scheme, Discretisation):
        return not stability and order is None and kind in dict(discretisation_facts(scheme))["kind"].lower()
    try:
        return (
            _is_of(kind, kind_text(scheme).lower())
            and (order is None or order_of(scheme) == order)
            and (not stability or getattr(stability_of(scheme), VERDICTS[stability]) is True)
        )
    except SchemeError:
        return False

"""What `show` says about difference schemes and methods of lines."""

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.schemes.discretisation import Discretisation
from schemetools.schemes.grid_text import coefficient_text
from schemetools.schemes.references import citation


def discretisation_facts(scheme: Discretisation) -> list[tuple[str, str]]:
    """What `show` says about a discretisation: kind, numbers, modified equation, source, as (label, text)."""
    how = "explicit" if getattr(scheme, "is_explicit", True) else "implicit"
    kind = {"DifferenceScheme": f"{how} difference scheme", "MethodOfLines": f"{how} method of lines"}
    found = [("kind", kind.get(type(scheme).__name__, type(scheme).__name__))]
    for name, meaning in getattr(scheme, "numbers", ()):
        found.append((name, "a parameter" if meaning is None else coefficient_text(meaning)))
    try:
        lines = st.modified_equation(scheme).text().splitlines()[1:]
        found += [(line.split()[0], " ".join(line.split()[1:])) for line in lines]
    except SchemeError as error:
        found.append(("modified", f"not known: {error}"))
    return [*found, ("source", citation(scheme.reference) or "none given")]

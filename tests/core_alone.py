"""Shows that `pip install schemetools` without extras is a working toolkit; run by `make check-core`, not by pytest."""

import importlib.util
import sys
from fractions import Fraction

import schemetools as st


def main() -> None:
    """Derive, analyse and generate with a core scheme, and exit with a sentence if torch is there after all."""
    if importlib.util.find_spec("torch") is not None:
        sys.exit("torch is installed here, so this shows nothing about the core alone")
    scheme = st.rk4
    equation = st.modified_equation(scheme, 5)
    step = st.to_stepper(scheme)
    checks = {
        "order": st.order(scheme) == 4,
        "limit": equation.limit == 1,
        "momentum": st.modified_equation(st.lm(k="3/10"), 2).momentum[0] == Fraction(13, 10),
        "source": "def " in st.to_source(scheme, "numpy"),
        "stepper": callable(step),
        "stability": bool(st.stability(scheme).is_zero_stable),
        "no torch": "torch" not in sys.modules,
    }
    for what, holds in checks.items():
        print(f"{what}: {'ok' if holds else 'FAILED'}")
    if not all(checks.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()

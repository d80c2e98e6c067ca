"""Room 5, for people: pictures, and what is known in words and tables. Each part is loaded on first use.

The command line answers `--help` without sympy and `list` without matplotlib because of that.
"""

import importlib
from typing import Any

PUBLIC = {
    "catalog": ("catalog_rows", "publications"),
    "facts": ("scheme_facts", "scheme_json"),
    "filters": ("names_of",),
    "axes": ("save",),
    "plot": ("plot_sweep",),
    "imex": ("plot_imex",),
    "trained": ("plot_coefficients", "plot_layers"),
    "tables": ("plot_table",),
    "loci": ("plot_locus", "plot_order_star", "plot_relative_stability"),
    "verdicts": ("HEADER", "stability_json", "stability_table"),
}
_HOME = {name: module for module, names in PUBLIC.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)

"""Exact coefficients: their intake, their grammar, the choice of a domain, and the gate at which they become floats."""

from schemetools.exact.domains import domain_over, from_domain, generators, is_random, to_domain
from schemetools.exact.imaginary import given_parts, is_complex, joined, parts
from schemetools.exact.intake import (
    RESERVED,
    canonical,
    check_symbol_name,
    coefficient,
    expression,
    is_irrational,
    is_long_float,
    is_whole,
    size,
    to_complex,
    to_float,
    to_fraction,
)
from schemetools.exact.measure import Measured, measure
from schemetools.exact.parser import formula, parse
from schemetools.exact.printing import decimals, latex, name_latex, text

__all__ = [
    "RESERVED",
    "Measured",
    "canonical",
    "check_symbol_name",
    "coefficient",
    "decimals",
    "domain_over",
    "expression",
    "formula",
    "from_domain",
    "generators",
    "given_parts",
    "is_complex",
    "is_irrational",
    "is_long_float",
    "is_random",
    "is_whole",
    "joined",
    "latex",
    "measure",
    "name_latex",
    "parse",
    "parts",
    "size",
    "text",
    "to_complex",
    "to_domain",
    "to_float",
    "to_fraction",
]

"""Schemes of other libraries, read by the layout of their objects; none of the libraries is imported."""

from schemetools.schemes.carriers.read import read

__all__ = ["read"]

"""Exact mathematics: trees, B-series, modified equations, order, stability (sympy and numpy; never torch)."""

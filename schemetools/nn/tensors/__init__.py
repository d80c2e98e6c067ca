"""Torch without schemes: structured states, replay, products with Jacobians. Knows no scheme, plan or analysis."""

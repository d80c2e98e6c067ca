"""Rooted trees: ids, symmetries, notation, drawings. Knows no scheme."""

"""Noise in training as a control problem: the backward Kolmogorov equation on grids. Knows no network, no torch."""

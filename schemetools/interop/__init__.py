"""Schemes at work: a solver for initial value problems, and solver classes for SciPy, diffrax and torchdiffeq."""

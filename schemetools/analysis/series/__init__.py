"""B-series of a scheme: weights, Lie derivatives, momentum series. Knows no equation and no stability."""

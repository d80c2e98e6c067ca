"""A network read back: chains of steps, spectra, certificates. Knows no memory kind, stack or model."""

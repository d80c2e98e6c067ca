"""Printers: from a plan to readable source text, one module per target."""

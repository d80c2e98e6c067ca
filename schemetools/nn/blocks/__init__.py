"""One step of a scheme as a module. Knows no memory kind and no stack."""

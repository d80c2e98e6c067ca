"""Numbers and polynomials: ordered fields, Sturm sequences, cells of a line. Knows no scheme."""

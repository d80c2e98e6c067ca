"""Published schemes with complex coefficients, as the tests use them."""

from sympy import I, Rational, Symbol, cbrt, exp, pi, sqrt

import schemetools as st

Z, W = Symbol("z"), Symbol("w")
DOUBLE = ["1/2 + sqrt(3)/6*I", "1/2 - sqrt(3)/6*I"]
GAMMA = 1 / (2 - cbrt(2) * exp(2 * pi * I / 3))
TRIPLE = [GAMMA, 1 - 2 * GAMMA, GAMMA]
# Castella, Chartier, Descombes, Vilmart (2009), BIT 49, section 4: order four, the drifts real
KICKS = ["1/10 - I/30", "4/15 + 2*I/15", "4/15 - I/5", "4/15 + 2*I/15", "1/10 - I/30"]


def composed(scheme, fractions):
    return st.compose(*[st.as_scheme(scheme, imaginary=True)] * len(fractions), fractions=fractions)


# Hansen, Ostermann (2009), BIT 49: gamma^(p+1) + (1 - gamma)^(p+1) = 0 raises the order p by one
HALF = Rational(1, 2)
FOURTH = [HALF + I / 2 * (sqrt(2) - 1), HALF - I / 2 * (sqrt(2) - 1)]
SCHEMES = {
    "double": (lambda: composed("stoermer_verlet", DOUBLE), 3),
    "triple": (lambda: composed("stoermer_verlet", TRIPLE), 4),
    "castella": (lambda: st.splitting(KICKS, ["1/4"] * 4), 4),
    "hansen": (lambda: composed(composed("stoermer_verlet", DOUBLE), FOURTH), 4),
    "symmetric double": (lambda: composed("symplectic_euler", ["1/2 + I/2", "1/2 - I/2"]), 2),
    "unequal": (lambda: composed("stoermer_verlet", ["1/3 + I/5", "2/3 - I/5"]), 2),
}

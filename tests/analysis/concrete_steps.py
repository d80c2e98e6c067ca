"""Steps and flows of a concrete field at one point, as exact power series in h. Nothing is shared with the package."""

from math import factorial

from sympy import QQ, Matrix, Rational, ring, symbols, sympify

x, y, h, t = symbols("x y h t")
AT = {x: Rational(1, 3), y: Rational(-2, 5)}
FIELD = (x * y + y**2 - x, x**2 - 2 * y + 1)
OTHER = Matrix([[1, 2], [Rational(-1, 2), 3]])
R, X, Y, H = ring("x,y,h", QQ)


def polynomial(expression):
    return R(sympify(expression).as_poly(x, y, h).as_dict())


def truncated(p, order):
    return R({m: c for m, c in p.items() if m[2] <= order})


def combined(weights, vectors, order):
    """sum of w v, w numbers or polynomials and v pairs."""
    pairs = list(zip(weights, vectors, strict=True))
    return [truncated(sum((w * v[i] for w, v in pairs), R(0)), order) for i in range(2)]


def flow_series(field, order):
    """The exact solution over h of a field that itself depends on h, by Lie derivatives."""
    f, result, derivative = [polynomial(c) for c in field], [X, Y], [X, Y]
    for n in range(1, order + 1):
        derivative = [truncated(d.diff(X) * f[0] + d.diff(Y) * f[1], order) for d in derivative]
        result = [r + d * H**n / factorial(n) for r, d in zip(result, derivative, strict=True)]
    return [truncated(r.evaluate([(X, QQ(1, 3)), (Y, QQ(-2, 5))]).set_ring(R), order) for r in result]


def same_through(left, right, order):
    return all(truncated(a - b, order) == 0 for a, b in zip(left, right, strict=True))

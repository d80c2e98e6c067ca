"""The defect of a scheme on the truncated modified flow is O(h^n), n the order of the first omitted tree that counts.

Measured in 40 digits at two small h, one step (multistep: one application to values on the smooth solution), so that the
slope is in its asymptotic range. The flow comes from extrapolation, which shares nothing with the package.
"""

import mpmath
import pytest
import sympy
from sympy import CRootOf, Symbol, cos, sin, symbols

import schemetools as st
from schemetools.analysis.modified.concrete import concrete_terms

u1, u2, h = symbols("u1 u2 h")
FIELDS = {
    "Lotka-Volterra": ((u1 * (2 - u2), u2 * (u1 - 1)), ("1.3", "0.7")),
    "pendulum": ((-sin(u2), u1), ("0.4", "1.1")),
    "oscillator": ((-u2 / (u1**2 + u2**2), u1 / (u1**2 + u2**2)), ("0.9", "0.5")),
}
FEW = ["rk4", "lm(k=3/10)", "bdf(3)", "gauss(2)", "midpoint"]
MANY = [
    "euler", "heun3", "ssprk33", "dopri5", "backward_euler", "implicit_midpoint", "trapezoid", "theta(1/3)", "radau_iia(2)",
    "lobatto_iiic(3)", "crouzeix3", "trbdf2", "kvaerno3", "adams_bashforth(2)", "adams_moulton(2)", "leapfrog",
    "milne_simpson(2)", "lm(k=1)", "lm(k=-1/2)", "polynet(2)", "fractalnet(2)", "rkc1(3)", "ssp_multistep32", "nystrom(3)",
    "nested",
]  # fmt: skip


def number(value):
    return mpmath.mpmathify(sympy.N(value, 50))


def extrapolated(f, start, time):
    """The flow by Gragg's rule and extrapolation in 1/n^2: error time^25 and smaller."""
    rows = []
    for i, n in enumerate(range(2, 26, 2)):
        step = time / n
        old, new = start, [y + step * k for y, k in zip(start, f(start), strict=True)]
        for _ in range(n - 1):
            old, new = new, [y + 2 * step * k for y, k in zip(old, f(new), strict=True)]
        row = [new]
        for j in range(1, i + 1):
            ratio = mpmath.mpf(n) ** 2 / mpmath.mpf(n - 2 * j) ** 2
            row.append([a + (a - b) / (ratio - 1) for a, b in zip(row[j - 1], rows[i - 1][j - 1], strict=True)])
        rows.append(row)
    return rows[-1][-1]


def step_of(scheme, f, y, step):
    A = [[number(a) for a in row] for row in scheme.A]
    b = [number(w) for w in scheme.b]
    slopes = [f(y)] * len(b)
    for _ in range(len(b) if scheme.is_explicit else 60):
        slopes = [f([y[i] + step * mpmath.fdot(row, [k[i] for k in slopes]) for i in range(len(y))]) for row in A]
    return [y[i] + step * mpmath.fdot(b, [k[i] for k in slopes]) for i in range(len(y))]


def defect(scheme, f, modified, y, step):
    if isinstance(scheme, st.RungeKutta):
        exact = extrapolated(modified, y, step)
        found = step_of(scheme, f, y, step)
        return mpmath.norm([a - b for a, b in zip(found, exact, strict=True)])
    alpha, beta = ([number(c) for c in row] for row in (scheme.alpha, scheme.beta))
    values = [y]
    for _ in alpha[1:]:
        values.append(extrapolated(modified, values[-1], step))
    residual = [
        mpmath.fsum(a * u[i] - step * b * f(u)[i] for a, b, u in zip(alpha, beta, values, strict=True))
        for i in range(len(y))
    ]
    return mpmath.norm(residual)


def slopes(name, field, orders):
    scheme = st.get(name)
    f, start = FIELDS[field]
    numeric = sympy.lambdify((u1, u2), list(f), "mpmath")
    complete = st.modified_equation(scheme, max(orders) + 2)
    terms = concrete_terms(complete, f, (u1, u2))
    y = [mpmath.mpf(x) for x in start]
    for order in orders:
        first = next(n for n in range(order + 1, complete.order + 1) if any(c != 0 for c in terms[n - 1]))
        truncated = st.modified_equation(scheme, order)
        field = [c.xreplace({r: r.evalf(50) for r in c.atoms(CRootOf)}) for c in truncated.vector_field(f, (u1, u2), h)]
        right = sympy.lambdify((u1, u2, h), field, "mpmath")
        errors = []
        for step in (mpmath.mpf(1) / 2000, mpmath.mpf(1) / 4000):
            errors.append(defect(scheme, lambda v: numeric(*v), lambda v, s=step, r=right: r(*v, s), y, step))
        yield order, first, float(mpmath.log(errors[0] / errors[1], 2))


@pytest.mark.parametrize("name", FEW)
@pytest.mark.parametrize("field", FIELDS)
def test_slopes(name, field):
    with mpmath.workdps(45):
        for order, expected, slope in slopes(name, field, (1, 3)):
            assert slope == pytest.approx(expected, abs=0.1), order


@pytest.mark.slow
@pytest.mark.parametrize("name", FEW + MANY)
@pytest.mark.parametrize("field", FIELDS)
def test_slopes_through_order_five(name, field):
    with mpmath.workdps(45):
        for order, expected, slope in slopes(name, field, range(1, 6)):
            assert slope == pytest.approx(expected, abs=0.1), order


@pytest.mark.parametrize("name", ["revnet", "stoermer_verlet"])
def test_partitioned_schemes(name):
    """On p' = -sin q, q' = p against the step written out by hand."""
    eq = st.modified_equation(st.get(name), 3)
    with mpmath.workdps(45):
        errors = []
        for step in (mpmath.mpf(1) / 200, mpmath.mpf(1) / 400):
            field = eq.vector_field([[-sin(u2)], [u1]], (u1, u2), h)
            right = sympy.lambdify((u1, u2, h), list(field), "mpmath")
            p, q = mpmath.mpf("0.4"), mpmath.mpf("1.1")
            exact = extrapolated(lambda v, s=step, r=right: r(*v, s), [p, q], step)
            if name == "revnet":
                p = p - step * mpmath.sin(q)
                q = q + step * p
            else:
                p = p - step / 2 * mpmath.sin(q)
                q = q + step * p
                p = p - step / 2 * mpmath.sin(q)
            errors.append(mpmath.norm([p - exact[0], q - exact[1]]))
        expected = 4 if name == "revnet" else 5
        assert float(mpmath.log(errors[0] / errors[1], 2)) == pytest.approx(expected, abs=0.1)


def test_smooth_coefficients_over_depth():
    """k = k(t): local defect of the recurrence on the truncated flow, with and without the k' term."""
    t, x = Symbol("t"), Symbol("x")
    rate = -sympy.Rational(3, 10) + cos(t) / 5
    eq = st.modified_equation(st.lm(), 2, k=sympy.Function("k"))
    field = eq.vector_field([-sin(x)], [x], h, t)[0].subs(sympy.Function("k")(t), rate).doit()
    frozen = st.modified_equation(st.lm(), 2).vector_field([-sin(x)], [x], h)[0].subs(Symbol("k"), rate)
    found = []
    with mpmath.workdps(45):
        for right in (field, frozen):
            function = sympy.lambdify((t, x, h), right, "mpmath")
            errors = []
            for step in (mpmath.mpf(1) / 400, mpmath.mpf(1) / 800):
                system = lambda v, s=step, g=function: [mpmath.mpf(1), g(v[0], v[1], s)]  # noqa: E731
                centre = [mpmath.mpf("0.7"), mpmath.mpf("1.2")]
                after, before = extrapolated(system, centre, step), extrapolated(system, centre, -step)
                k = number(rate.subs(t, sympy.Float("0.7", 50)))
                u = centre[1]
                errors.append(abs(after[1] - (1 - k) * u - k * before[1] + step * mpmath.sin(u)))
            found.append(float(mpmath.log(errors[0] / errors[1], 2)))
    assert found == [pytest.approx(3, abs=0.1), pytest.approx(2, abs=0.1)]


def test_fields_of_time():
    """lm on f(t, u) with limit 1/(1+k): time advances by h per step."""
    t, x = Symbol("t"), Symbol("x")
    right = st.modified_equation(st.lm(k="3/10"), 3).vector_field([-sin(x) * (1 + t**2)], [x], h, t)[0]
    function = sympy.lambdify((t, x, h), right, "mpmath")
    errors = []
    with mpmath.workdps(45):
        for step in (mpmath.mpf(1) / 400, mpmath.mpf(1) / 800):
            system = lambda v, s=step: [mpmath.mpf(1), function(v[0], v[1], s)]  # noqa: E731
            centre = [mpmath.mpf("0.7"), mpmath.mpf("1.2")]
            after, before = extrapolated(system, centre, step), extrapolated(system, centre, -step)
            k, u = mpmath.mpf(3) / 10, centre[1]
            f = -mpmath.sin(u) * (1 + centre[0] ** 2)
            errors.append(abs(after[1] - (1 - k) * u - k * before[1] - step * f))
    assert float(mpmath.log(errors[0] / errors[1], 2)) == pytest.approx(4, abs=0.1)

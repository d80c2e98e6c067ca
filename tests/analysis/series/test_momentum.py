import pytest
from sympy import Function, Rational, Symbol, exp, simplify

import schemetools as st
from schemetools.analysis.modified import second_order as edge

k = Symbol("k")

LM_TEXT = """\
lm(k=3/10): order 1 relative to u' = (10/13) f
momentum     13/10 u' + 7/20 h u'' + 13/60 h^2 u''' + 7/240 h^3 u'''' = f        (formal series)
first order  u' = 10/13 f - 350/2197 h f'f - h^2 [47750/1113879 f''(f,f) + 11000/1113879 f'f'f] + ...
parasite     (-3/10)^n v,  v' = -10/13 f'v + O(h)
momentum coefficient -k = -3/10"""


def test_the_printed_shape_of_the_contract():
    eq = st.modified_equation(st.lm(k=0.3))
    assert str(eq) == repr(eq) == LM_TEXT


def test_the_same_in_k():
    lines = str(st.modified_equation(st.lm())).splitlines()
    assert lines[0] == "lm(k): order 1 relative to u' = (1/(1+k)) f"
    assert "(1+k) u' + (1-k)/2 h u'' + (1+k)/6 h^2 u''' + (1-k)/24 h^3 u'''' = f" in lines[1]
    assert "- (1-k)/(2(1+k)^3) h f'f + h^2 [(k^2-10k+1)/(12(1+k)^5) f''(f,f) + (k^2-4k+1)/(3(1+k)^5) f'f'f]" in lines[2]
    assert lines[3:] == ["parasite     (-k)^n v,  v' = -1/(1+k) f'v + O(h)", "momentum coefficient -k"]


def test_latex():
    text = st.modified_equation(st.lm())._repr_latex_()
    assert text.startswith("$$\\begin{aligned}")
    assert text.endswith("\\end{aligned}$$")
    assert r"\frac{k^{2}-10k+1}{12(1+k)^{5}} f''(f,f)" in text
    assert r"u^{(4)}" in text


def test_through_says_how_far_the_text_goes():
    eq = st.modified_equation(st.rk4, 5)
    assert str(eq).endswith("+ ...")
    assert "1/2880 f''''(f,f,f,f)" in str(eq)
    assert eq.text(2).endswith("u' = f + O(h^2)")
    with pytest.raises(st.SchemeError, match="through=6"):
        eq.text(6)


def test_momentum_of_lm_to_all_orders():
    g = st.modified_equation(st.lm(), 7).momentum
    assert len(g) == 7
    factorial = 1
    for j, value in enumerate(g, 1):
        factorial *= j
        assert simplify(value - (1 + (-1) ** (j + 1) * k) / factorial) == 0


@pytest.mark.parametrize(
    "name", ["euler", "backward_euler", "trapezoid", "theta(1/3)", "adams_moulton(1)", "heavy_ball"]
)
def test_disguised_multistep_methods_have_a_momentum_form(name):
    eq = st.modified_equation(st.get(name), 3)
    assert len(eq.momentum) == 3


def test_momentum_values():
    assert st.modified_equation(st.euler, 3).momentum == (1, Rational(1, 2), Rational(1, 6))
    assert st.modified_equation(st.backward_euler, 3).momentum == (1, Rational(-1, 2), Rational(1, 6))
    trapezoid = st.modified_equation(st.trapezoid, 3).momentum
    assert trapezoid == st.modified_equation(st.adams_moulton(1), 3).momentum == (1, 0, Rational(-1, 12))
    for scheme in (st.rk4, st.midpoint, st.gauss(1), st.revnet):
        assert st.modified_equation(scheme, 3).momentum is None


@pytest.mark.parametrize(
    ("name", "p", "constant"),
    [
        ("adams_bashforth(1)", 1, "1/2"), ("adams_bashforth(2)", 2, "5/12"), ("adams_bashforth(3)", 3, "3/8"),
        ("adams_bashforth(4)", 4, "251/720"), ("backward_euler", 1, "-1/2"), ("adams_moulton(1)", 2, "-1/12"),
        ("adams_moulton(2)", 3, "-1/24"), ("adams_moulton(3)", 4, "-19/720"), ("bdf(2)", 2, "-1/3"),
        ("bdf(3)", 3, "-1/4"), ("bdf(4)", 4, "-1/5"), ("leapfrog", 2, "1/6"), ("milne_simpson(2)", 4, "-1/180"),
        ("lm(k=1)", 2, "1/6"), ("euler", 1, "1/2"),
    ],
)  # fmt: skip
def test_error_constants(name, p, constant):
    scheme = st.get(name)
    assert st.order(scheme) == p
    assert st.error_constant(scheme) == Rational(constant)
    # and it is the leading term: b(t) = -C |t|!/gamma(t) limit^|t| ... on the bushy tree, for limit 1
    eq = st.modified_equation(scheme, p + 1)
    if eq.limit == 1:
        tall = st.Tree(tuple(range(1, p + 2)))
        assert eq[tall] == -Rational(constant)


def test_error_constant_of_lm_and_of_others():
    assert simplify(st.error_constant(st.lm()) - (1 - k) / (2 * (1 + k))) == 0
    with pytest.raises(st.SchemeError, match="principal_error"):
        st.error_constant(st.rk4)


def test_spurious_mode_is_not_the_parasite():
    eq = st.modified_equation(st.lm())
    assert simplify(eq.spurious_multiplier - exp(-2 * (1 + k) / (1 - k))) == 0
    # it agrees with -k to third order in 1 + k
    e = Symbol("e")
    difference = (eq.spurious_multiplier + k).subs(k, -1 + e).series(e, 0, 4).removeO()
    assert difference.coeff(e, 0) == difference.coeff(e, 1) == difference.coeff(e, 2) == 0
    assert difference.coeff(e, 3) != 0
    assert st.modified_equation(st.euler).spurious_multiplier == exp(-2)


def test_rescaled():
    eq = st.modified_equation(st.lm()).rescaled()
    assert eq.limit == 1
    assert simplify(eq.momentum[1] - (1 - k) / (2 * (1 + k))) == 0


def test_limits_of_second_order():
    limit = edge.second_order_limit
    assert str(limit(st.lm(), k="-1 + 3*delta")).startswith("u'' + 3 u' = f")
    assert str(limit(st.lm(), k="-(n-1)/(n+2)")).startswith("u'' + (3/t) u' = f")
    assert str(limit(st.lm(k=-1))).startswith("u'' = f")
    with pytest.raises(st.SchemeError, match="first order"):
        limit(st.lm(), k="1/2")
    with pytest.raises(st.SchemeError, match="no free symbol q"):
        limit(st.lm(), q="1/2")
    with pytest.raises(st.SchemeError, match="multistep"):
        limit(st.rk4)


def test_nesterov_damping_by_simulation():
    """u_(n+1) - 2u_n + u_(n-1) + (1 + k_n)(u_n - u_(n-1)) = s f with k_n = -(n-1)/(n+2) follows u'' + (3/t) u' = -u."""
    from scipy.special import j1

    errors = []
    for step in (0.02, 0.01):
        old = new = 1.0
        n = 1
        while n * step < 2 - 1e-12:
            rate = -(n - 1) / (n + 2)
            old, new = new, (1 - rate) * new + rate * old - step**2 * new
            n += 1
        errors.append(abs(new - 2 * j1(2.0) / 2.0))
    assert errors[1] < 0.6 * errors[0] < 0.02


def test_depth_with_a_function():
    eq = st.modified_equation(st.lm(), 2, k=Function("k"))
    t = Symbol("t")
    kt = Function("k")(t)
    dot, tall = st.Tree((1,)), st.Tree((1, 2))
    assert eq.limit == 1 / (1 + kt)
    assert simplify(eq[tall] + (1 - kt) / (2 * (1 + kt) ** 3)) == 0
    assert simplify(eq.coefficients[dot, 1] - (1 - kt) * kt.diff(t) / (2 * (1 + kt) ** 3)) == 0
    assert "k'(1-k)/(2(1+k)^3) f" in str(eq)


def test_f_of_t_and_u():
    eq = st.modified_equation(st.lm(), 2, nonautonomous=True)
    found = {str(tree): value for tree, value in eq.coefficients.items()}
    assert simplify(found["f[f]"] + (1 - k) / (2 * (1 + k) ** 3)) == 0
    assert simplify(found["f[t]"] + (1 - k) / (2 * (1 + k) ** 2)) == 0
    rk4 = st.modified_equation(st.rk4, 4, nonautonomous=True)
    assert all(v == 0 for tree, v in rk4.coefficients.items() if tree.order > 1)


def test_learned_coefficients():
    smooth = [-0.1 * (n / 20) ** 2 for n in range(20)]
    layers = st.modified_equation(st.lm(), 2, k=smooth)
    assert len(layers) == 20
    assert layers.is_smooth
    assert layers[3].limit == 1 / (1 + st.exact.coefficient(smooth[3], parameter=True))
    rough = [(-1) ** n * 0.05 + 0.01 * ((7 * n) % 5) for n in range(20)]
    jumping = st.modified_equation(st.lm(), 2, k=rough)
    assert not jumping.is_smooth
    assert "no differential equation" in jumping.statement
    assert jumping.amplification < 0.2
    sustained = st.modified_equation(st.lm(), 1, k=[-0.999] * 30).amplification  # a geometric sum
    assert sustained == pytest.approx(0.999 * (1 - 0.999**30) / 0.001)
    assert "layer 19:" in str(layers)


def test_layer_lists_fit_together():
    with pytest.raises(st.SchemeError, match="lengths|one value per layer"):
        st.modified_equation(st.get("lmm2"), 2, a=[0, 0], b=[1])
    with pytest.raises(st.SchemeError, match="one kind"):
        st.modified_equation(st.get("lmm2"), 2, a=Function("a"), b=[1])
    with pytest.raises(st.SchemeError, match="no free symbol"):
        st.modified_equation(st.lm(), 2, q=Function("q"))


@pytest.mark.parametrize("z", [0.05, 0.3])
def test_remainder_of_a_linear_field_is_the_next_term_of_the_logarithm(z):
    from math import log1p

    eq = st.modified_equation(st.euler, 4)
    estimate = eq.remainder_estimate(z)
    assert estimate.power == 4
    assert estimate.linear == pytest.approx(z**4 / 5)
    kept = sum((-1) ** n * z**n / (n + 1) for n in range(4))
    assert abs(log1p(z) / z - kept) == pytest.approx(estimate.linear, rel=z)
    assert estimate.trustworthy


def test_remainder_skips_what_vanishes_and_refuses_symbols():
    assert st.modified_equation(st.implicit_midpoint, 3).remainder_estimate(0.1).power == 4
    assert not st.modified_equation(st.lm(k=-0.9), 4).remainder_estimate(1.0).trustworthy
    with pytest.raises(st.SchemeError, match="k has no number"):
        st.modified_equation(st.lm()).remainder_estimate(0.1)
    with pytest.raises(st.SchemeError, match="not negative"):
        st.modified_equation(st.euler).remainder_estimate(-1)

"""Multistep methods on a grid whose steps grow by a ratio: order there, stability frozen, slopes on changing steps."""

import numpy as np
import pytest
import sympy

import schemetools as st

torch = pytest.importorskip("torch")

r = sympy.Symbol("r")


@pytest.mark.parametrize("family", ["variable_bdf2", "variable_ab2"])
def test_polynomials_of_degree_two_are_stepped_exactly_on_the_grid(family):
    scheme = st.get(family)
    assert st.order(scheme) == 2 and st.is_consistent(scheme)
    x, h = [-1 - 1 / r, -1, 0], 1
    for q in range(4):
        left = sum(a * t**q for a, t in zip(scheme.alpha, x, strict=True))
        right = h * sum(b * q * sympy.Integer(t) ** (q - 1) if q and t == 0 else b * (q * t ** (q - 1) if q else 0)
                        for b, t in zip(scheme.beta, x, strict=True))  # fmt: skip
        assert (sympy.simplify(left - right) == 0) is (q < 3)
    equal = st.get("bdf(2)" if family == "variable_bdf2" else "adams_bashforth(2)")
    at_one = scheme.subs({"r": 1}).frozen()
    assert [a / at_one.alpha[2] for a in at_one.alpha] == list(equal.alpha)


def test_stability_is_that_of_frozen_coefficients():
    """Hairer, Norsett, Wanner, section III.5: zero-stable for r < 1 + sqrt 2."""
    known = st.stability(st.variable_bdf2())
    for value in ("-1/4", "1/2", 1, 2, "12/5"):
        assert known.is_zero_stable.subs(r, sympy.Rational(value)) == True  # noqa: E712
        assert st.stability(st.variable_bdf2(value)).is_zero_stable is True
    assert known.is_zero_stable == sympy.And(r < 1 + sympy.sqrt(2), r > 1 - sympy.sqrt(2))
    assert known.is_a_stable == sympy.And(r >= -sympy.Rational(1, 3), r <= 1)
    assert st.stability(st.variable_bdf2(1)).is_l_stable is True
    assert st.stability(st.variable_ab2()).is_zero_stable is True


def test_an_unstable_ratio_is_said_and_has_no_program():
    given = st.variable_bdf2()
    with pytest.warns(st.SchemeWarning, match="step ratio 5/2 is not zero-stable"):
        scheme = st.VariableMultistep([a.subs(r, "5/2") for a in given.alpha], given.beta, "5/2")
    assert st.stability(scheme).is_zero_stable is False and st.order(scheme) == 2
    for make in (st.to_stepper, st.to_block):
        with pytest.raises(st.SchemeError, match="not zero-stable .* no program"):
            make(scheme)
    with pytest.raises(st.SchemeError, match="does not exist at the step ratio r = -1: a coefficient divides by zero"):
        st.variable_bdf2(-1)
    with pytest.raises(st.SchemeError, match="r = -1/2: the new value drops out"):
        st.variable_bdf2("-1/2")
    with pytest.warns(st.SchemeWarning) as said:
        given.subs({"r": 3})
    assert [str(w.message).split()[0] for w in said] == ["variable_bdf2(r=3)"]
    with pytest.raises(st.SchemeError, match="does not exist at r = -1"):
        given.subs({"r": -1})
    with pytest.raises(st.SchemeError, match="ratio of two steps is not 0"):
        st.variable_ab2(0)


@pytest.mark.parametrize("family", ["variable_bdf2", "variable_ab2"])
def test_steps_that_change_all_the_time_keep_order_two(family):
    scheme, f = st.get(family), lambda u: np.cos(u) * u
    end = st.solve("dopri8", f, (0, 2), 0.3, 1e-2).u[-1]
    errors = []
    for n in (40, 80, 160):
        h = 1 + 0.5 * np.sin(np.linspace(0, 6, n))
        h = 2 * h / h.sum()
        first = st.solve("dopri8", f, (0, h[0]), 0.3, h[0]).u[-1]
        history = (first, np.array(0.3) if family == "variable_bdf2" else h[0] * f(np.array(0.3)))
        for k in range(1, n):
            history = st.to_stepper(scheme)(f, history, h[k], r=h[k] / h[k - 1])
        errors.append(abs(history[0] - end))
    assert np.allclose(np.log2(np.array(errors[:-1]) / errors[1:]), 2, atol=0.1)


def test_a_block_takes_the_ratio_as_a_parameter_and_agrees_with_the_stepper():
    block = st.to_block(st.variable_ab2())(torch.tanh, h=0.1, init={"r": 1.5})
    x, d = torch.randn(3, 2, dtype=torch.double), torch.randn(3, 2, dtype=torch.double)
    found, (slope,) = block(x, (d,))
    expected = st.to_stepper(st.variable_ab2())(np.tanh, (x.numpy(), d.numpy()), 0.1, r=1.5)
    assert np.abs(found.detach().numpy() - expected[0]).max() < 1e-14
    assert np.abs(slope.detach().numpy() - expected[1]).max() < 1e-14
    with pytest.raises(Exception, match="call it with a history"):
        block(x)
    with pytest.raises(st.SchemeError, match="for steps that grow by a ratio"):
        st.to_stack(st.variable_ab2(), [torch.tanh] * 2, init={"r": 1})
    with pytest.raises(st.SchemeError, match="solve takes equal steps"):
        st.solve(st.variable_ab2(2), np.tanh, (0, 1), 1.0, 0.1)


def test_what_is_not_derived_says_what_holds(tmp_path):
    with pytest.raises(st.SchemeError, match="order and error_constant hold on that grid"):
        st.modified_equation(st.variable_bdf2())
    assert sympy.simplify(st.error_constant(st.variable_bdf2()) + (1 + r) / (6 * r)) == 0
    st.save(st.variable_bdf2(), tmp_path / "scheme.toml")
    assert st.load(tmp_path / "scheme.toml") == st.variable_bdf2()


def test_the_backward_differences_are_implicit_and_adams_is_explicit():
    assert st.variable_ab2().is_explicit and not st.variable_bdf2().is_explicit
    assert not st.variable_bdf2(1).is_explicit

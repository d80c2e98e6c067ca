"""Short decimals are exact; where they look rounded, what states the order says so, and is right about it."""

import pytest

import schemetools as st

SHORT = {
    "heun3": (st.RungeKutta, ([[], ["0.3333"], [0, "0.6667"]], ["0.25", 0, "0.75"]), 4, 3),
    "three digits": (st.RungeKutta, ([[], [0.333], [0, 0.667]], [0.25, 0, 0.75]), 3, 3),
    "kutta3, weights that sum to 1.0001": (st.RungeKutta, ([[], [0.5], [-1, 2]], [0.1667, 0.6667, 0.1667]), 4, 3),
    "gauss2": (st.RungeKutta, ([[0.25, -0.0387], [0.5387, 0.25]], [0.5, 0.5]), 4, 4),
    "rk4": (st.RungeKutta, ([[], [0.5], [0, 0.5], [0, 0, 1]], [0.1667, 0.3333, 0.3333, 0.1667]), 4, 4),
    "bdf2": (st.LinearMultistep, ([0.3333, -1.3333, 1], [0, 0, 0.6667]), 4, 2),
    "ab3": (st.LinearMultistep, ([0, 0, -1, 1], [0.4167, -1.3333, 1.9167, 0]), 4, 3),
}


@pytest.mark.parametrize("name", SHORT)
def test_decimals_that_look_rounded_are_said_to(name):
    kind, arrays, digits, order = SHORT[name]
    scheme, rounded = kind(*arrays), kind(*arrays, digits=digits)
    said = f"digits={digits} reads its decimals as rounded, which gives order {order}"
    assert scheme.exact and st.order(scheme) < order == st.order(rounded)
    report = str(st.order(scheme, report=True))
    assert report.startswith(f"order {st.order(scheme)}") and report.endswith(f"; {said}")
    assert (" relative to u' = (10001/10000) f" in report) != st.is_consistent(scheme)
    assert f"note         {said}" in str(st.modified_equation(scheme)).splitlines()
    assert said in dict(st.present.scheme_facts(scheme))["order"]
    assert said in st.present.stability_table([scheme])[1][0]
    assert st.is_consistent(rounded) and "digits=" not in str(st.modified_equation(rounded))


@pytest.mark.parametrize(
    "scheme",
    [
        st.RungeKutta([[], [0.123], [0.4, 0.5]], [0.2, 0.3, 0.5]),  # of order 1, however it is read
        st.RungeKutta([[], [0.125], [0.1, 0.2]], [0.2, 0.3, 0.5]),
        st.RungeKutta([[], ["1/3"], [0, "2/3"]], ["1/4", 0, "3/4"]),
        st.RungeKutta([[], [0.5], [-1, 2]], [0.1687, 0.6667, 0.1667]),  # a mistake, twenty units of the last decimal
        st.theta(0.501),  # chosen by somebody
        st.dopri8,
        st.cash_karp5,
    ],
)
def test_others_are_not(scheme):
    assert "digits" not in str(st.order(scheme, report=True))


@pytest.mark.parametrize("name", SHORT)
def test_decimals_that_are_declared_to_be_good_to_more_digits_get_no_advice(name):
    kind, arrays, digits, order = SHORT[name]
    declared = kind(*arrays, digits=3 * digits)
    assert st.order(declared) < order
    assert "digits=" not in "".join(st.modified_equation(declared).warnings)
    assert "digits=" not in dict(st.present.scheme_facts(declared))["order"]


def test_a_recurrence_whose_decimals_do_not_sum_to_0_says_with_which_digits_they_do():
    bdf5 = [-0.0876, 0.5474, -1.4599, 2.1898, -2.1898, 1], [0, 0, 0, 0, 0, 0.438]  # -12/137, 75/137, ... 60/137
    with pytest.raises(st.SchemeError, match=r"sum\(alpha\) = -1/10000; .*; digits=4 reads its decimals as rounded"):
        st.LinearMultistep(*bdf5)
    known = st.LinearMultistep(*bdf5, digits=4)
    assert sum(known.alpha) == 0 and st.is_consistent(known)
    assert max(abs(x - y) for x, y in zip(known.alpha, st.bdf(5).alpha, strict=True)) < 2e-4
    with pytest.raises(st.SchemeError, match=r"= -1/100; it must be 0, or constants are not kept$"):
        st.LinearMultistep([-0.0976, *bdf5[0][1:5], 1.0001], bdf5[1], digits=4)


@pytest.mark.parametrize("order", [3, 4, 5])
def test_terms_by_rounding_alone_are_not_printed(order):
    rounded = st.LinearMultistep([0.3333333333, -1.333333333, 1], [0, 0, 0.6666666667])
    exact, known = st.modified_equation(st.bdf(2), order), st.modified_equation(rounded, order)
    assert known.momentum[1] != 0
    assert [bool(g) for g in known.meant_momentum] == [bool(g) for g in exact.momentum]
    assert [t for t in known.coefficients if known.meant(t)] == [t for t in exact.coefficients if exact[t]]
    powers = [
        [line.count(" h^") for line in str(eq).splitlines() if line[:5] in ("momen", "first")] for eq in (exact, known)
    ]
    assert powers[0] == powers[1]


def test_a_small_term_beyond_the_rounding_is_printed():
    assert "1.00000e-5 h f'f" in str(st.modified_equation(st.theta(0.50001 + 1e-13), 2))

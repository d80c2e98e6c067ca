"""Families with many stages, known by theory: their facts against quadrature in many digits and the members with few stages."""

import mpmath
import pytest

import schemetools as st

FAMILIES = ["gauss", "radau_ia", "radau_iia", "lobatto_iiia", "lobatto_iiib", "lobatto_iiic"]


def quadrature_order(scheme):
    """The largest p with sum b_i c_i^(k-1) = 1/k for k <= p, in the digits that are known."""
    with mpmath.workdps(60):
        b, c = ([mpmath.mpf(str(x.evalf(50))) for x in row] for row in (scheme.b, scheme.c))
        p = 0
        while abs(sum(w * x**p for w, x in zip(b, c, strict=True)) - mpmath.mpf(1) / (p + 1)) < mpmath.mpf(10) ** -18:
            p += 1
        return p, abs(sum(w * x**p for w, x in zip(b, c, strict=True)) - mpmath.mpf(1) / (p + 1))


@pytest.mark.flint
@pytest.mark.parametrize("name", FAMILIES)
def test_ten_stages_have_the_facts_of_three(name):
    """The order by quadrature, beyond which the residual is reported; stage order, geometry and stability as with three."""
    many, few = st.get(f"{name}(10)"), st.get(f"{name}(3)")
    p, beyond = quadrature_order(many)
    report = st.order(many, report=True)
    assert st.order(many) == report.order == p == st.order(few) + 14
    assert report.residuals[p + 1] == pytest.approx(float(beyond), rel=1e-6)
    assert st.stage_order(many) == st.stage_order(few) + 7
    assert st.is_symplectic(many) == st.is_symplectic(few) and st.is_symmetric(many) == st.is_symmetric(few)
    known, small = st.stability(many), st.stability(few)
    assert known.is_a_stable == small.is_a_stable and known.is_l_stable == small.is_l_stable
    assert known.is_algebraically_stable == small.is_algebraically_stable
    assert "theory of collocation" in known.how("is_a_stable")

"""Difference schemes with a flux form: it is the scheme itself for a linear flux; numbers over widths of the grid."""

import pytest

import schemetools as st
from schemetools.errors import SchemeError

UP = {1: {0: 1}, 0: {-1: "-nu", 0: "nu - 1"}}
BACKWARD, FORWARD = ({0: {0: -1, -1: 1}}, {0: {0: 1, 1: -1}})


@pytest.mark.parametrize(
    ("levels", "meaning", "fluxes", "agrees"),
    [
        (UP, "c*dt/dx", BACKWARD, True),
        (UP, "c*dt/dx", {0: {0: 1, -1: -1}}, False),
        (UP, "c*dt/dx", FORWARD, False),
        ({1: {0: 1}, 0: {-1: "-2*nu", 0: "2*nu - 1"}}, "c*dt/dx/2", BACKWARD, True),
        ({1: {0: 1}, 0: {-1: "-nu/2", 0: "nu/2 - 1"}}, "c*dt/dx", BACKWARD, False),
        ({3: {1: 2}, 2: {0: "-2*nu", 1: "2*nu - 2"}}, "c*dt/dx", BACKWARD, True),
        ({1: {0: "1 + nu", -1: "-nu"}, 0: {0: -1}}, "c*dt/dx", BACKWARD, False),
    ],
)
def test_a_flux_form_is_the_scheme_itself_for_a_linear_flux(levels, meaning, fluxes, agrees):
    form = st.FluxForm([({0: {0: 1}}, fluxes)])
    if agrees:
        assert st.DifferenceScheme(levels, {"nu": meaning}, flux_form=form).flux_form == form
        return
    with pytest.raises(SchemeError, match="the flux form is another scheme"):
        st.DifferenceScheme(levels, {"nu": meaning}, flux_form=form)


@pytest.mark.parametrize("meaning", ["c*dt/dy", "D*dt/(dx*dz)"])
def test_a_width_of_an_axis_that_the_grid_has_not_is_refused(meaning):
    with pytest.raises(SchemeError, match="the grid of the scheme has no axis of width d[yz]; its widths: dx"):
        st.DifferenceScheme(UP, {"nu": meaning})

"""The steps of a chain that changes shape are steps of catalog schemes."""

import schemetools as st
from schemetools.nn.stacks.continued import EULER


def test_euler_is_the_catalogs():
    assert st.euler == EULER and EULER.name == "euler" and EULER.reference == st.euler.reference

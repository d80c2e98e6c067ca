"""What showing costs: an equation over its derivation, a stack of blocks over the first time."""

import statistics

import pytest
from timing import in_turns, processor, ratio
from torch import nn

import schemetools as st


@pytest.mark.parametrize("order", [4, 9])
def test_showing_an_equation_again_costs_less_than_deriving_it(order, measured) -> None:
    def derive():
        return st.modified_equation(st.dopri8, order)

    equation = derive()
    str(equation)
    cases = {"derive": lambda: processor(derive), "show": lambda: processor(lambda: str(equation))}
    middle, spread = ratio(in_turns(cases, 7), "show", "derive")
    measured(f"str of the equation of dopri8 through order {order}, over its derivation", middle, spread=spread)


def test_showing_a_stack_again_costs_a_part_of_the_first_time(measured) -> None:
    stack = st.to_stack(st.dopri5, [nn.Linear(2, 2) for _ in range(50)])
    first = processor(lambda: repr(stack))
    again = statistics.median(processor(lambda: repr(stack)) for _ in range(7))
    measured("repr of a stack of 50 dopri5 blocks, over the first", again / first)

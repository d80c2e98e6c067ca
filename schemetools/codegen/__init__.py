"""Room 3: from a scheme to a program. A scheme is lowered to a plan; a plan is run, or printed for a target."""

from schemetools.codegen.execute import execute
from schemetools.codegen.lower import lower
from schemetools.codegen.plan import Combine, Eval, Solve, StepPlan
from schemetools.codegen.source import PRINTERS, to_source, to_stepper

__all__ = ["PRINTERS", "Combine", "Eval", "Solve", "StepPlan", "execute", "lower", "to_source", "to_stepper"]

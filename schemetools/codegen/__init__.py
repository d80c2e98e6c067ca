"""Room 3: from a scheme to a program. A scheme is lowered to a plan; a plan is run, or printed for a target."""

from .execute import execute
from .lower import lower
from .plan import Combine, Eval, Solve, StepPlan
from .printers import targets, to_source
from .stepper import to_stepper

__all__ = ["Combine", "Eval", "Solve", "StepPlan", "execute", "lower", "targets", "to_source", "to_stepper"]

"""What a printed module is for, and the names it uses."""

from dataclasses import dataclass

from sympy import Expr

from schemetools.codegen.lower import lower
from schemetools.codegen.plan import Solve, StepPlan
from schemetools.codegen.printers.names import identifier, symbol_names
from schemetools.schemes.base import Scheme

# Names that a parameter of an nn.Module cannot have, and those that the printed code uses itself.
RESERVED = frozenset(
    """
    add_module apply bfloat16 branch buffers children compile cpu cuda double error eval extra_repr
    float forward forward_half forward_sized forward_sized_half get_buffer half handle history inputs
    ipu max_iterations modules mtia name named nn parameters register_buffer requires_grad_ scheme self
    share_memory solve source start start_half start_sized start_sized_half state_dict T to tol torch
    train training type with_step xpu y zero_grad
    """.split()  # noqa: SIM905  (a list of words)
)


NO_START = "this scheme carries values that one state does not give; call it with a history"


@dataclass(frozen=True)
class TorchOptions:
    """What the printed module is for.

    `pattern`: which values of x are equal; `separate`: one branch per evaluation; `timed`: fields f(t, u); `tensor_h`:
    h is a tensor; `sized`: it is given with the call; `called`: symbols whose attribute is called for its value;
    `split`: the parts of a partitioned state are one tensor, split along dimension 1; `gates`: drawn per "sample" or
    "batch"; `shaken`: again for backward.
    """

    pattern: tuple[str, ...] | None = None
    separate: bool = False
    timed: bool = False
    tensor_h: bool = False
    sized: bool = False
    called: frozenset[str] = frozenset()
    split: bool = False
    gates: str = "sample"
    shaken: bool = False


PLAIN = TorchOptions()


def symbol_attributes(scheme: Scheme) -> dict[Expr, str]:
    """{symbol: attribute of the printed module that holds its value}."""
    plan = lower(scheme)
    fields = {identifier(v) for v in plan.fields} | {
        f"{identifier(v)}{n + 1}" for v in plan.fields for n in range(scheme.frame().stages)
    }
    taken = RESERVED | _registers(plan) | fields | {"d", "f", "h", "t", "u", "x"}
    return symbol_names(scheme.free_symbols | scheme.random_symbols, taken)


def _registers(plan: StepPlan) -> set[str]:
    steps = plan.steps + plan.error_steps
    return {*plan.inputs, *plan.outputs, *(r for s in steps for r in (s.outs if isinstance(s, Solve) else (s.out,)))}

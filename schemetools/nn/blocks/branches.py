"""Branches: what a user gives as f, checked and put into the shape that the generated code calls."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import tree_map

from schemetools.codegen.plan import StepPlan
from schemetools.errors import SchemeError


def is_list(branch: Any) -> bool:
    """Whether branches are given one per evaluation."""
    return isinstance(branch, (list, tuple, nn.ModuleList)) and not isinstance(branch, nn.Sequential)


def is_separate(branch: Any, plan: StepPlan) -> bool:
    """Whether the generated code has to name one branch per evaluation."""
    found = list(branch.values()) if isinstance(branch, (Mapping, nn.ModuleDict)) else [branch]
    return any(is_list(b) for b in found) and plan.all_evaluations > len(plan.fields)


def arranged(branch: Any, plan: StepPlan, *, separate: bool) -> Any:
    """The branches as the generated code reads them: a module, a list per evaluation, or one of these per field.

    Raises SchemeError for a wrong number of branches, a missing field, or what cannot be called.
    """
    if len(plan.fields) == 1:
        if isinstance(branch, (Mapping, nn.ModuleDict)):
            branch = _by_field(branch, plan.fields)[plan.fields[0]]
        return _one(branch, plan.fields[0], plan, separate)
    if not isinstance(branch, (Mapping, nn.ModuleDict)):
        raise SchemeError(
            f"this scheme has the fields {', '.join(plan.fields)}: give one branch for each, "
            f"{{{plan.fields[0]!r}: ..., ...}}"
        )
    return nn.ModuleDict({v: _one(b, v, plan, separate) for v, b in _by_field(branch, plan.fields).items()})


def _by_field(branch: Mapping[str, Any] | nn.ModuleDict, fields: Sequence[str]) -> dict[str, Any]:
    found = dict(branch.items())
    if set(found) != set(fields):
        raise SchemeError(
            f"branches for {', '.join(map(str, found)) or 'no field'} came; the scheme's fields are {', '.join(fields)}"
        )
    return {label: found[label] for label in fields}


def _one(branch: Any, label: str, plan: StepPlan, separate: bool) -> Any:
    count = plan.evaluations_of(label)
    if not is_list(branch):
        module = _module(branch)
        return nn.ModuleList([module] * count) if separate else module
    branches = list(branch)
    if len(branches) != count:
        raise SchemeError(
            f"{len(branches)} branches came for {label}, evaluated {count} times in a step: give {count}, or one"
        )
    modules = [_module(b) for b in branches]
    return nn.ModuleList(modules) if separate else modules[0]


class Function(nn.Module):
    """A plain function f(u, ...), or f(t, u, ...), as a branch; tensors it closes over are no parameters of a block."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *args: Any, **named: Any) -> Any:
        """The function's value."""
        return self.function(*args, **named)

    def extra_repr(self) -> str:
        """The function's name."""
        return getattr(self.function, "__name__", repr(self.function))


_MAKES_NEW = (
    *(nn.Linear, nn.Embedding, nn.GroupNorm, nn.LayerNorm),
    *(nn.modules.conv._ConvNd, nn.modules.batchnorm._BatchNorm),
)


def may_overwrite(branch: nn.Module) -> bool:
    """Whether a module with inplace=True in the branch may work on the branch's argument."""
    if isinstance(branch, _MAKES_NEW):
        return False
    if isinstance(branch, nn.Sequential) and len(branch):
        first = branch[0]
        return may_overwrite(first) or (not isinstance(first, _MAKES_NEW) and _has_inplace(branch))
    return _has_inplace(branch)


def _has_inplace(branch: nn.Module) -> bool:
    return any(getattr(m, "inplace", False) is True for m in branch.modules())


def copied(module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The hook of a branch f(u, ...) that may overwrite its state: it gets a copy."""
    return (_copy(args[0]), *args[1:])


def copied_second(module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same for f(t, u, ...)."""
    return (args[0], _copy(args[1]), *args[2:])


def _copy(state: Any) -> Any:
    return tree_map(lambda a: a.clone() if isinstance(a, Tensor) else a, state)


def guard(branch: nn.Module, *, timed: bool) -> None:
    """Give the branch copies, if it may overwrite its state, until a watched call has shown that it does not."""
    hook = copied_second if timed else copied
    if may_overwrite(branch) and hook not in branch._forward_pre_hooks.values():
        branch.register_forward_pre_hook(hook)


def unguard(branch: nn.Module) -> None:
    """No copies any more."""
    for key in [key for key, hook in branch._forward_pre_hooks.items() if hook in (copied, copied_second)]:
        del branch._forward_pre_hooks[key]


def _module(branch: Any) -> nn.Module:
    if isinstance(branch, type):
        raise SchemeError(f"a branch is a module, and {branch.__name__} is a class: give an instance of it")
    if not callable(branch):
        raise SchemeError(f"a branch is a module or a function f(u); {branch!r} came")
    first = branch
    while isinstance(first, nn.Sequential) and len(first):
        first = first[0]
    if getattr(first, "inplace", False) is True:
        raise SchemeError(
            f"the branch starts with {first!r}, which overwrites the state that the step needs; use inplace=False"
        )
    return branch if isinstance(branch, nn.Module) else Function(branch)

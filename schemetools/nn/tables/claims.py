"""What the measured networks say about the two claims of LM-ResNet: momentum, and stability."""

from collections.abc import Mapping, Sequence
from typing import Any

Runs = Sequence[Mapping[str, Any]]

SUPPORTS, CONTRADICTS, UNDECIDED = "supports", "contradicts", "does not decide"


def momentum(runs: Runs) -> dict[str, Any] | None:
    """The claim that the learned k brings momentum into the network; the momentum coefficient of a layer is -k.

    It is supported where in every seed more than half of the layers have -k > 0, contradicted where in none.
    """
    found = [[-value for value in learned_k(run)] for run in runs]
    if not any(found):
        return None
    shares = [sum(value > 0 for value in values) / len(values) for values in found if values]
    values = [value for values in found for value in values]
    positive = sum(value > 0 for value in values)
    figure = f"-k > 0 in {positive} of {len(values)} layers, mean of -k {sum(values) / len(values):.3f}"
    return {"verdict": _verdict([2 * share - 1 for share in shares]), "figure": figure}


def stability(runs: Runs, others: Runs) -> dict[str, Any] | None:
    """The claim that LM-ResNet is the more stable scheme: layers whose h f' leaves the region of their own scheme.

    It is supported where in every seed a smaller share of layers is outside than in the network it is compared with,
    contradicted where a larger or equal one in every seed. Zero-stable are -1 < k <= 1.
    """
    both = list(zip(map(_outside, runs), map(_outside, others), strict=False))
    pairs = [(mine, its) for mine, its in both if mine is not None and its is not None]
    if not pairs:
        return None
    margins = [its[0] / its[1] - mine[0] / mine[1] for mine, its in pairs]
    mine, its = (tuple(map(sum, zip(*counts, strict=True))) for counts in zip(*pairs, strict=True))
    k = [value for run in runs for value in learned_k(run)]
    zero_stable = f"; zero-stable in {sum(-1 < value <= 1 for value in k)} of {len(k)}" if k else ""
    figure = f"{mine[0]} of {mine[1]} layers outside their region, against {its[0]} of {its[1]}{zero_stable}"
    return {"verdict": _verdict([margin if margin else -1 for margin in margins]), "figure": figure}


def learned_k(run: Mapping[str, Any]) -> list[float]:
    """The trained k of a run, layer by layer."""
    return [value for name, value in run["coefficients"].items() if name.endswith(".k") and isinstance(value, float)]


def _outside(run: Mapping[str, Any]) -> tuple[int, int] | None:
    theory = run["theory"]
    if theory is None or "layers" not in theory:
        return None
    return len(theory["outside"]), len(theory["layers"])


def _verdict(margins: Sequence[float]) -> str:
    """One word from one margin per seed: all above zero, all at most zero, or neither."""
    if all(margin > 0 for margin in margins):
        return SUPPORTS
    return CONTRADICTS if all(margin <= 0 for margin in margins) else UNDECIDED

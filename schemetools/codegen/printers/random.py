"""Random coefficients in printed code: a function that draws a gate in training and gives its mean in evaluation."""

from sympy import Expr, stats

from schemetools.codegen.printers.names import number
from schemetools.errors import UnsupportedError

SHAKEN = '''
def shaken(k, forward, backward):
    """forward * k, whose gradient is that of backward * k."""
    return backward * k + ((forward - backward) * k).detach()
'''

_SHAPES = {
    "sample": "x.new_empty(x.shape[:1] + (1,) * (x.dim() - 1))",
    "batch": "x.new_empty(())",
    "unit": "x.new_empty(x.shape)",
    "channel": "x.new_empty(x.shape[:2] + (1,) * (x.dim() - 2))",
}


def draw_lines(symbol: Expr, name: str, per: str) -> list[str]:
    """The function `draw_<name>(x, training)`: one draw per "sample", "batch", "unit" or "channel".

    Raises UnsupportedError for a distribution that is neither Bernoulli, uniform nor normal, or has symbols in it.
    """
    distribution = symbol.pspace.distribution  # type: ignore[attr-defined]
    if per not in _SHAPES:
        raise UnsupportedError(
            f"gates={per!r} came; random coefficients are drawn per 'sample' or 'batch', masks per 'unit' or 'channel'"
        )
    if distribution.free_symbols:
        names = ", ".join(sorted(map(str, distribution.free_symbols)))
        raise UnsupportedError(f"the distribution of {symbol} needs numbers; give {names} a value with .subs({{...}})")
    return [
        "",
        f"def draw_{name}(x, training):",
        f'    """{symbol}, one draw per {per}; its mean in evaluation."""',
        "    if not training:",
        f"        return {number(stats.E(symbol))}",
        f"    gate = {_SHAPES[per]}",
        f"    return {_sample(symbol, distribution)}",
        "",
    ]


def _sample(symbol: Expr, distribution: Expr) -> str:
    kind, values = (
        type(distribution).__name__,
        [number(a) for a in distribution.args if isinstance(a, Expr) and a.is_number],
    )
    if kind == "BernoulliDistribution":
        p, high, low = values
        draw = f"gate.bernoulli_({p})"
        if (high, low) == ("1", "0"):
            return draw
        return f"{low} + {number(distribution.args[1] - distribution.args[2])} * {draw}"  # type: ignore[operator]
    if kind == "UniformDistribution":
        return f"gate.uniform_({', '.join(values)})"
    if kind == "NormalDistribution":
        return f"gate.normal_({', '.join(values)})"
    raise UnsupportedError(f"{symbol} is of the kind {kind}; gates can be Bernoulli, uniform or normal")

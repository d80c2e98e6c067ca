"""A trained network read as mathematics: per layer its scheme, its spectrum, and what is left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sympy import Symbol
from torch import Tensor, nn

from schemetools.analysis.modified.derive import modified_equation
from schemetools.analysis.modified.equation import ModifiedEquation
from schemetools.analysis.modified.stochastic import StochasticModifiedEquation
from schemetools.analysis.stability.verb import stability
from schemetools.errors import SchemeError, UnsupportedError, came
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.masked import MaskedBlock
from schemetools.nn.blocks.residual import Residual
from schemetools.nn.blocks.stepped import Stepped
from schemetools.nn.reading.certificate import Certificate, certify, joined
from schemetools.nn.reading.chains import Chain, Layer, averaged, blocks_of, read_chains
from schemetools.nn.reading.convolutions import KernelOperator, read_operators
from schemetools.nn.reading.frozen import frozen, in_single
from schemetools.nn.reading.given import Given, check_network, check_numbers
from schemetools.nn.reading.noise import LayerNoise, MaskedReport, gate_noise, masked_reports, noise_lines
from schemetools.nn.reading.spectrum import spectrum
from schemetools.nn.reading.terms import Terms, combined, terms_or_none
from schemetools.nn.tensors.operations import Linear
from schemetools.nn.tensors.products import push
from schemetools.schemes.base import Scheme
from schemetools.tables import WIDTH, html_table, numbered, text_table, wrapped

Progress = Callable[[int, int, str], object]
INSIDE = {True: "yes", False: "NO", None: "not known"}


@dataclass(frozen=True)
class LayerReport:
    """What one layer's step is, at the hidden state that reached it.

    `field_norm` is the largest singular value of h f'; `eigenvalues` are the leading ones of h f', `inside` says
    whether all of them lie in the closed stability region of the layer's own scheme, None where some are not known
    and none of the others lies outside; `remainder` is the first omitted term of the limit equation,
    h |M f'f + T f_t + K f| over |b f|, with f_t from the next layer, inf where there is no limit equation;
    f'f of a state of more than 512 entries is in single precision. `notes` name what does not hold.

    >>> import torch, schemetools as st
    >>> stack = st.to_stack(st.euler, [torch.nn.Linear(3, 3) for _ in range(4)], h=0.1)
    >>> layer = st.inspect(stack, torch.ones(1, 3)).layers[0]
    >>> layer.index, layer.scheme.name, layer.coefficients
    (0, 'euler', {})
    """

    name: str
    chain: str
    index: int
    scheme: Scheme
    coefficients: dict[str, float]
    field_norm: float
    eigenvalues: np.ndarray
    inside: bool | None
    remainder: float
    h: float
    notes: tuple[str, ...] = ()
    operators: tuple[KernelOperator, ...] = ()
    noise: LayerNoise | None = None

    @property
    def operator(self) -> KernelOperator | None:
        """The differential operator of the branch's first convolution; `operators` holds all of them."""
        return self.operators[0] if self.operators else None

    @property
    def momentum(self) -> float | None:
        """The momentum coefficient -k of a layer with the symbol k."""
        return -self.coefficients["k"] if "k" in self.coefficients else None

    def modified_equation(self, order: int = 3) -> ModifiedEquation | StochasticModifiedEquation:
        """The modified equation of the layer's learned scheme."""
        return modified_equation(self.scheme, order)

    def record(self) -> dict[str, Any]:
        """The layer as plain values, for JSON."""
        return {
            "name": self.name,
            "scheme": format(self.scheme),
            "coefficients": self.coefficients,
            "momentum": self.momentum,
            "h": self.h,
            "field_norm": self.field_norm,
            "eigenvalues": [[float(z.real), float(z.imag)] for z in self.eigenvalues],
            "inside": self.inside,
            "remainder": self.remainder,
            "notes": list(self.notes),
            "noise": None if self.noise is None else vars(self.noise),
        }


@dataclass(frozen=True, repr=False)
class Report:
    """What `inspect` found: the layers in the order in which they ran, and on demand the certificate.

    Printed it is a table, one row per layer, and below it the notes.

    >>> import torch, schemetools as st
    >>> stack = st.to_stack(st.euler, [torch.nn.Linear(3, 3) for _ in range(4)], h=0.1)
    >>> report = st.inspect(stack, torch.ones(1, 3))
    >>> len(report.layers), report.certificate().is_ode in (True, False)
    (4, True)
    """

    layers: tuple[LayerReport, ...]
    chains: tuple[Chain, ...]
    rewired: tuple[str, ...] = ()
    masked: tuple[MaskedReport, ...] = ()

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def text(self, width: int = WIDTH) -> str:
        """What is printed: the table in so many columns where its words allow that, and below it the notes.

        >>> import torch, schemetools as st
        >>> report = st.inspect(st.to_stack(st.euler, [torch.nn.Linear(3, 3)], h=0.1), torch.ones(1, 3))
        >>> report.text(120).splitlines()[1].split()[0]
        '--------'
        """
        heads, rows = self.table()
        short, notes = numbered(rows)
        table = text_table(heads, short, width) if self.layers else []
        below = [part for line in (*notes, *self.below()) for part in wrapped(line, width, "    ")]
        return "\n".join([*table, *below])

    def _repr_html_(self) -> str:
        heads, rows = self.table()
        short, notes = numbered(rows)
        return html_table(heads, short, [*notes, *self.below()])

    def below(self) -> list[str]:
        """What stands below the table: noise, what was rewired, and which layers are outside their regions."""
        return [*noise_lines(self.layers, self.masked), *self.rewired, *self._verdict()]

    def _verdict(self) -> list[str]:
        if not self.layers:
            return []
        unknown = [layer.name for layer in self.layers if layer.inside is None]
        said = [f"outside their own stability region: {', '.join(layer.name for layer in self.outside)}"]
        said = said if self.outside else []
        if unknown:
            said.append(f"not known to be inside, for want of eigenvalues: {', '.join(unknown)}")
        return said or [f"all {len(self.layers)} layers lie inside their own stability region"]

    @property
    def outside(self) -> tuple[LayerReport, ...]:
        """The layers with an eigenvalue outside their own scheme's stability region."""
        return tuple(layer for layer in self.layers if layer.inside is False)

    def certificate(self, **options: Any) -> Certificate:
        """Whether the network is close to an ODE; of several chains the worst, all in `.chains`. See `certify`."""
        return joined([certify(chain, **options) for chain in self.chains if len(chain.layers) > 1])

    def table(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Headings and rows, as text: for people; the coefficients as the momentum -k where there are no others."""
        momentum = {symbol for layer in self.layers for symbol in layer.coefficients} <= {"k"}
        column = "-k" if momentum else "coefficients"
        heads = ("layer", "scheme", column, "h |f'|", "leading eigenvalue of h f'", "inside", "remainder", "notes")
        return heads, [_row(layer, momentum) for layer in self.layers]

    def record(self) -> dict[str, Any]:
        """Everything as plain values, for JSON; without the certificate."""
        return {
            "layers": [layer.record() for layer in self.layers],
            "outside": [layer.name for layer in self.outside],
            "rewired": list(self.rewired),
            "masked": [{"name": m.name, "scheme": str(m.scheme), "h": m.h, **vars(m.noise)} for m in self.masked],
        }


def inspect(net: nn.Module, x: Any, *, eigenvalues: int = 6, progress: Progress | None = None) -> Report:
    """Read a network as mathematics at an input x (a batch); the network itself is left as it is.

    Layers with gates have a `.noise` (drift, size, growth of the mean square); blocks with a mask per unit are in
    `report.masked`, with theirs.

    `x` is what the network takes: a tensor (of floats or token ids), a tuple of its arguments, a dict of its keywords.

    `progress(done, layers, name)` is called before each layer and at the end. Works on a copy in float64 and evaluation
    mode; products with the Jacobians of states of more than 512 entries are in float32, eigenvalues are known to an
    estimated 2e-4 of each, and what they give is checked in float64.
    Raises SchemeError for a network without a scheme in it, states that are not finite, and UnsupportedError for
    schemes of several fields.

    >>> import torch, schemetools as st
    >>> stack = st.to_stack(st.euler, [torch.nn.Linear(3, 3) for _ in range(4)], h=0.1)
    >>> [layer.scheme.name for layer in st.inspect(stack, torch.ones(1, 3)).layers][:2]
    ['euler', 'euler']
    """
    check_network(net, "inspect(net, x)")
    has_masks = any(isinstance(module, MaskedBlock) for module in net.modules())
    has_steps = not has_masks or any(isinstance(module, (Block, Stepped)) for module in net.modules())
    if has_steps:
        blocks_of(net)
    check_numbers(net, x, "inspect")
    given = Given(x, "inspect")
    if not isinstance(eigenvalues, int) or isinstance(eigenvalues, bool) or eigenvalues < 1:
        raise SchemeError(f"eigenvalues is how many leading ones are found, at least 1; {eigenvalues!r} came")
    if not (progress is None or callable(progress)):
        raise SchemeError(f"progress: {came(progress)} came; give a function progress(done, layers, name), or None")
    exact = given.exact()
    chains = read_chains(frozen(net), exact) if has_steps else []
    _check_states(chains)
    places = [(chain, i) for chain in chains for i in range(len(chain.layers))]
    layers = []
    for chain, i in places:
        if progress is not None:
            progress(len(layers), len(places), chain.layers[i].name)
        layers.append(_layer_report(chain, i, eigenvalues))
    if progress is not None:
        progress(len(layers), len(places), "")
    said = tuple(str(chain) for module in net.modules() for chain in getattr(module, "rewired", ()))
    masked = masked_reports(frozen(net), exact.args, exact.kwargs) if has_masks else []
    return Report(tuple(layers), tuple(chains), said, tuple(masked))


def _check_states(chains: Sequence[Chain]) -> None:
    for layer in (layer for chain in chains for layer in chain.layers):
        for value, place in ((layer.state, "before"), (layer.result, "after")):
            if value.is_complex():
                raise UnsupportedError(
                    f"the hidden state {place} {layer.name} is complex, and spectra are read at real states: stack its "
                    "two parts"
                )
            if not bool(torch.isfinite(value).all()):
                raise SchemeError(
                    f"the hidden state {place} {layer.name} has nan or inf in it, so no spectrum can be read there: "
                    "look for weights that are not finite, or give an input on which the network stays finite"
                )


def _layer_report(chain: Chain, i: int, count: int) -> LayerReport:
    layer = chain.layers[i]
    full = next((other for other in chain.layers if not other.is_start), layer)
    values = layer.values or full.values
    own = layer.block.options.separate
    scheme = layer.averaged if values or not layer.is_start else averaged(layer.scheme)  # no k to be had: Euler
    terms, missing = terms_or_none(scheme, tuple(layer.stages) if own else None, values)
    branches = layer.branches if own else layer.branches[:1]
    weights = terms.limit / terms.limit.sum() if terms is not None and own else np.ones(1)
    with torch.no_grad():
        found = spectrum(
            _together(weights, branches),
            layer.state,
            scale=layer.h,
            count=count,
            single=_together(weights, [in_single(f) for f in branches]),
        )
        known = found.push if len(branches) == 1 else None
        remainder = float("inf") if terms is None else _remainder(chain, i, terms, values, known)
    notes = list(dict.fromkeys(b.mark for b in branches if isinstance(b, Residual) and b.mark))
    notes += ["start"] if layer.is_start else []
    notes += [missing] if missing else []
    notes += ["one branch per stage: the order is void"] if own else []
    notes += [] if found.independent else ["samples act on each other: one spectrum for the batch"]
    notes += [] if found.converged else ["Arnoldi did not converge: fewer eigenvalues"]
    region = (
        stability(layer.scheme) if not layer.is_start else stability(full.scheme if full is not layer else layer.scheme)
    )
    within = bool(np.all(region.contains(found.eigenvalues)))
    coefficients = {str(symbol): value for symbol, value in layer.values.items()}
    return LayerReport(
        layer.name,
        chain.name,
        layer.index,
        layer.scheme,
        coefficients,
        found.norm,
        found.eigenvalues,
        within if found.converged or not within else None,
        remainder,
        layer.h,
        tuple(notes),
        read_operators(layer.block._branches()),
        gate_noise(layer, found.eigenvalues),
    )


def _together(weights: np.ndarray, branches: Sequence[Any]) -> Callable[[Tensor], Tensor]:
    """sum_j w_j f_j; one branch alone has the weight 1."""
    return branches[0] if len(branches) == 1 else lambda u: combined(weights, [f(u) for f in branches])


def _remainder(chain: Chain, i: int, terms: Terms, values: dict[Symbol, float], known: Linear | None) -> float:
    """h |second f'f + time f_t + drift k' f| / |limit f| at layer i, with h f_t = f_(i+1) - f_i at the same state.

    `known`: v -> f'(u) v where the spectrum has left it.
    """
    layer, u = chain.layers[i], chain.layers[i].state
    own = layer.block.options.separate
    branches = layer.branches if own else layer.branches[:1]
    fields = [f(u) for f in branches]
    other, sign = _neighbour(chain, i)

    def along(j: int, direction: Tensor, rate: float) -> Tensor:
        if not np.any(terms.second[j]):
            moved = torch.zeros_like(u)
        else:
            moved = layer.h * (known(direction) if known else push(branches[j], (u,), (direction,)))
        return moved if other is None or not rate else moved + rate * sign * (_own(other, own)[j](u) - fields[j])

    both = {s: value for s, value in values.items() if other is not None and s in other.values}
    rates = {s: sign * (other.values[s] - value) for s, value in both.items()} if other is not None else {}
    limit, omitted = combined(terms.limit, fields), terms.correction(fields, along, rates)
    return float(omitted.norm() / limit.norm()) if limit.norm() > 0 else float("inf")


def _neighbour(chain: Chain, i: int) -> tuple[Layer | None, int]:
    if i + 1 < len(chain.layers):
        return chain.layers[i + 1], 1
    return (chain.layers[i - 1], -1) if i > 0 else (None, 1)


def _own(layer: Layer, separate: bool) -> list[Any]:
    return layer.branches if separate else layer.branches[:1]


def _row(layer: LayerReport, momentum: bool) -> tuple[str, ...]:
    leading = layer.eigenvalues[0] if len(layer.eigenvalues) else complex("nan")
    learned = ", ".join(f"{symbol}={value:.4g}" for symbol, value in layer.coefficients.items())
    if momentum:
        learned = "" if layer.momentum is None else f"{layer.momentum:.4g}"
    return (
        layer.name,
        format(layer.scheme),
        learned,
        f"{layer.field_norm:.3g}",
        f"{leading.real:.3g}{leading.imag:+.3g}i",
        INSIDE[layer.inside],
        f"{layer.remainder:.3g}",
        "; ".join(layer.notes),
    )

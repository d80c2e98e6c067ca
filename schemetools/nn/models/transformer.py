"""A transformer for small images whose layers, attention and then an MLP, are steps of any scheme."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from schemetools.codegen.lower import lower
from schemetools.errors import SchemeError
from schemetools.nn.blocks.coefficients import usual_start
from schemetools.nn.models.parts import Network, chain, check_options, check_state
from schemetools.nn.models.schedule import scheduled
from schemetools.nn.stacks.continued import EULER
from schemetools.nn.stacks.stack import to_stack
from schemetools.schemes.base import Scheme
from schemetools.schemes.registry import get


class Patches(nn.Module):
    """Images to tokens: one linear map per patch of `patch` x `patch` pixels, and where the patch is.

    The position of row y, column x is sin and cos of y and x times 10000^(-j / (width/4)), a quarter of the channels
    each, so that images of any size pass.
    """

    def __init__(self, channels: int, width: int, patch: int) -> None:
        super().__init__()
        self.patch = patch
        self.embed = nn.Conv2d(channels, width, patch, stride=patch)

    def forward(self, x: Tensor) -> Tensor:
        """(b, channels, height, width) to (b, tokens, width). SchemeError where the patches do not fit."""
        if x.shape[-1] % self.patch or x.shape[-2] % self.patch:
            raise SchemeError(
                f"an image of {x.shape[-2]} x {x.shape[-1]} pixels has no patches of {self.patch} x {self.patch}: "
                "give another patch, or images of another size"
            )
        tokens = self.embed(x)
        rows, columns = tokens.shape[-2:]
        return tokens.flatten(2).transpose(1, 2) + positions(rows, columns, tokens)


def positions(rows: int, columns: int, like: Tensor) -> Tensor:
    """Sines and cosines of the rows and columns, (rows * columns, width), with the width and dtype of `like`."""
    quarter = like.shape[1] // 4
    exact = {"device": like.device, "dtype": torch.promote_types(like.dtype, torch.float32)}
    rates = torch.exp(torch.arange(quarter, **exact) * (-math.log(10000) / quarter))
    made = []
    for size, shape in ((rows, (rows, 1, quarter)), (columns, (1, columns, quarter))):
        angles = torch.arange(size, **exact)[:, None] * rates
        made += [part.reshape(shape).expand(rows, columns, quarter) for part in (angles.sin(), angles.cos())]
    return torch.cat(made, dim=-1).reshape(rows * columns, 4 * quarter).to(like.dtype)


class Attention(nn.Module):
    """The branch of self-attention: W softmax(q k^T / sqrt(d)) v of the normalised tokens, in `heads` of width d."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.qkv, self.project = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(b, tokens, width) to the same."""
        q, k, v = self.qkv(self.norm(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind()
        mixed = functional.scaled_dot_product_attention(q, k, v)
        return self.project(mixed.transpose(1, 2).flatten(2))


class MLP(nn.Sequential):
    """The branch of the MLP: norm, linear, GELU, linear, four times as wide inside."""

    def __init__(self, width: int) -> None:
        super().__init__(nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))


class LayerIncrement(nn.Module):
    """What a transformer layer adds: a + G(u + a) with a = F(u), F attention and G the MLP.

    u plus this is Lie-Trotter splitting of u' = F(u) + G(u) with Euler steps, the layer as published.
    """

    def __init__(self, F: nn.Module, G: nn.Module) -> None:
        super().__init__()
        self.F, self.G = F, G

    def forward(self, x: Tensor) -> Tensor:
        """(b, tokens, width) to the same."""
        attended = self.F(x)
        return attended + self.G(x + attended)


class Mean(nn.Module):
    """The mean over the tokens."""

    def forward(self, x: Tensor) -> Tensor:
        """(b, tokens, width) to (b, width)."""
        return x.mean(1)


def nested_transformer(
    scheme: Scheme | None,
    classes: int,
    *,
    width: int = 128,
    layers: int = 8,
    heads: int = 4,
    patch: int = 4,
    channels: int = 3,
    shared: bool = False,
    survival: object = "1/2",
    init: Any = None,
    bounds: Any = None,
    h: float = 1,
) -> Network:
    """A transformer encoder on patches of an image, (b, channels, height, width) -> (b, classes), nested in a scheme.

        Phi(u) = v + G(v),  v = u + F(u)      the layer: F attention, G MLP
        f(u) = Phi(u) - u                     the field that the scheme steps, h = 1

    With Euler this is the transformer as published. HO-ResNet's article takes the transformer's layer, two residual
    steps inside one, as the pattern for nesting: an inner step is the increment of an outer scheme. So "rk4" takes the
    layers in groups of four, one per evaluation (what is left over are Euler steps, and with `shared` one layer serves
    all), and its order is void, as for ho_resnet. The article itself builds no transformer. A scheme of two fields
    (lie_trotter, strang, macaron) steps attention and MLP directly, without nesting; an MLP is macaron's F, and a
    branch is made for every evaluation unless `shared`. A free survival probability falls linearly, as for a ResNet.
    Raises SchemeError for an option out of range, UnsupportedError for a scheme of other fields.
    Source: Luo et al. 2022 (arXiv 2103.15244), section on Nested HO-Net; Vaswani et al. 2017 (arXiv 1706.03762);
    Dosovitskiy et al. 2021 (arXiv 2010.11929), here with the mean in place of a class token and fixed positions.
    """
    scheme = EULER if scheme is None else scheme
    wanted = "has one field, or F and G of one state: give a scheme such as euler, lm, rk4, lie_trotter or macaron"
    check_state(scheme, "nested_transformer", wanted, fields=(1, 2))
    check_options(width=width, layers=layers, heads=heads, patch=patch, channels=channels)
    if width % heads or width % 4:
        raise SchemeError(f"width must be a multiple of 4 and of heads={heads}; {width} came")
    wire: dict[str, Any] = {"init": usual_start(scheme, init), "bounds": bounds, "h": h}
    each = scheduled(scheme, layers, survival)
    if len(scheme.frame().fields) == 1:
        inner = [LayerIncrement(Attention(width, heads), MLP(width)) for _ in range(layers)]
        encoder = chain(each, inner, None, shared=shared, **wire)
    else:
        encoder = to_stack(each, [_fields(scheme, width, heads, shared) for _ in range(layers)], **wire)
    head = nn.Sequential(nn.LayerNorm(width), Mean(), nn.Linear(width, classes))
    network = Network(Patches(channels, width, patch), [encoder], head, image=(channels, 32, 32))
    network.apply(_initialise)
    return network


def _fields(scheme: Scheme, width: int, heads: int, shared: bool) -> dict[str, Any]:
    """The branches of a layer by field: F is attention, but the MLP for the Macaron layer, whose authors have it so."""
    attention, mlp = lambda: Attention(width, heads), lambda: MLP(width)
    makers = {"F": mlp, "G": attention} if scheme == get("macaron") else {"F": attention, "G": mlp}
    count = lower(scheme).evaluations_of
    return {v: make() if shared else [make() for _ in range(count(v))] for v, make in makers.items()}


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)

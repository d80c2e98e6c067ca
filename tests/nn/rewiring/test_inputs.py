"""Networks and inputs with which nothing can be computed: each is refused in a sentence, or taken as what it stands for."""

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.reading.inspect import inspect
from schemetools.nn.rewiring.convert import convert
from schemetools.nn.rewiring.retrofit import retrofit
from schemetools.nn.stacks.stack import to_stack
from tests.nn.rewiring.networks import Block, Net, by_hand

K = 0.3
VERBS = {
    "convert": (Net, lambda net, x: convert(net, st.lm(k=K), example=x)),
    "inspect": (lambda: stack(), inspect),
    "retrofit": (lambda: stack(), lambda net, x: retrofit(net, depth=2, x=x)),
}


def stack():
    return to_stack(st.euler, [nn.Linear(6, 6) for _ in range(4)], h=0.1)


@pytest.fixture
def x():
    torch.manual_seed(0)
    torch.compiler.reset()
    return torch.randn(3, 6)


def compiled(module):
    return torch.compile(module, backend="eager")


@pytest.mark.parametrize("wrap", [compiled, lambda net: nn.Sequential(compiled(net))], ids=["whole", "inside"])
def test_compiled_networks_are_what_was_compiled(x, wrap):
    net = Net()
    made = convert(wrap(net), st.lm(k=K), example=x)
    torch.testing.assert_close(made(x), by_hand([b.f for b in net.blocks], x, [0, K, K, K]))
    assert {id(p) for p in net.parameters()} <= {id(p) for p in made.parameters()}
    torch.testing.assert_close(compiled(made)(x), made(x))
    steps = stack()
    found, wanted = (retrofit(given, scheme=st.rk4, depth=2, x=x) for given in (wrap(steps), steps))
    torch.testing.assert_close(found(x), wanted(x))
    assert found.measured_drift == pytest.approx(wanted.measured_drift)


def test_compiled_blocks_become_steps(x):
    net = Net()
    wanted = by_hand([b.f for b in net.blocks], x, [0, K, K, K])
    net.blocks = nn.ModuleList(compiled(block) for block in net.blocks)
    torch.testing.assert_close(convert(net, st.lm(k=K), example=x)(x), wanted)


@pytest.mark.parametrize("memory", ["store", "checkpoint", "reversible"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_network_in_half_precision_with_trained_coefficients(x, dtype, memory):
    net = Net().to(dtype)
    made = convert(net, st.lm(), example=x.to(dtype), init={"k": K}, memory=memory)
    y = made(x.to(dtype))
    assert y.dtype == dtype
    y.sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in made.parameters())
    wanted = by_hand([b.f for b in net.double().blocks], x.to(dtype).double(), [0, K, K, K])
    assert (y.double() - wanted).abs().max() < 20 * torch.finfo(dtype).eps * wanted.abs().max()


@pytest.mark.filterwarnings("ignore:Complex modules")
@pytest.mark.parametrize("verb", VERBS)
def test_what_holds_no_numbers_is_said(x, verb):
    make, call = VERBS[verb]
    for net, given, reason in (
        (make().to("meta"), x.to("meta"), "the network is on it: load its weights"),
        (make().to("meta"), x, "the network is on it"),
        (make(), x.to("meta"), "the input is on it: give one with values"),
    ):
        with pytest.raises(
            SchemeError, match=f"{verb} .*needs numbers, tensors on the meta device have none.*{reason}"
        ):
            call(net, given)
    with pytest.raises(SchemeError, match=rf"{verb} needs an input with entries; one of shape \(0, 6\) came"):
        call(make(), x[:0])
    with pytest.raises(SchemeError, match=f"{verb} needs an input of finite numbers; nan or inf at 18 of 18"):
        call(make(), x * torch.nan)
    with pytest.raises(SchemeError, match=r"complex.* stack the (two parts|real and the imaginary part)"):
        call(make().to(torch.complex128), x.to(torch.complex128))


def test_a_network_without_weights_is_converted_without_an_example(x):
    made = convert(Net().to("meta"), st.lm(k=K), ["blocks"]).to_empty(device="cpu")
    net = Net()
    made.load_state_dict(net.state_dict())
    torch.testing.assert_close(made(x), by_hand([b.f for b in net.blocks], x, [0, K, K, K]))


@pytest.mark.filterwarnings("ignore:Complex modules")
def test_complex_states_are_refused_and_complex_weights_are_not(x):
    made = convert(Net(), st.lm(k=K), example=x).to(torch.complex128)
    with pytest.raises(SchemeError, match=r"the hidden state before blocks.0 is complex"):
        inspect(made, x.to(torch.complex128))

    class Spectral(Block):
        def __init__(self):
            super().__init__()
            self.f = Multiplier()

    net = Net(block=Spectral)
    made = convert(net, st.lm(k=K), example=x)
    torch.testing.assert_close(made(x), by_hand([b.f for b in net.blocks], x, [0, K, K, K]))


class Multiplier(nn.Module):
    """A multiplier of Fourier coefficients: real functions, complex weights."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, dtype=torch.complex64))

    def forward(self, u):
        return torch.fft.irfft(self.weight * torch.fft.rfft(u), n=6)


def test_an_example_made_in_inference_mode(x):
    net = Net()
    with torch.inference_mode():
        inside, example = convert(net, st.lm(k=K), example=x), x.clone()
    for made in (inside, convert(net, st.lm(k=K), example=example)):
        torch.testing.assert_close(made(x), by_hand([b.f for b in net.blocks], x, [0, K, K, K]))
        made(x).sum().backward()


def test_progress_is_a_function(x):
    with pytest.raises(SchemeError, match="progress: 3, an int, came; give a function"):
        inspect(stack(), x, progress=3)


def test_retrofit_of_weights_that_are_not_finite(x):
    net = stack()
    next(net.parameters()).data.fill_(torch.nan)
    with pytest.raises(SchemeError, match="that of the network has nan or inf in it: look for weights"):
        retrofit(net, depth=2, x=x)


@pytest.mark.parametrize(
    ("example", "reason", "came"),
    [
        (torch.randn(3, 7), "mat1 and mat2", r"a tensor of float32 of shape \(3, 7\)"),
        ("hello", "must be Tensor, not str", "a str"),
        ({"xs": torch.randn(3, 6)}, "unexpected keyword argument 'xs'", "the keywords xs"),
        ({}, "missing 1 required positional argument", "no keywords"),
        ((torch.randn(3, 6), None, 1), "positional arguments", "a tuple of 3"),
    ],
    ids=["shape", "text", "keyword", "nothing", "too many"],
)
def test_an_example_that_the_network_does_not_take_is_said(example, reason, came):
    expected = (
        rf"^convert ran the network on its example, and the network does not take it \(.*{reason}.*\); {came} came$"
    )
    with pytest.raises(SchemeError, match=expected) as caught:
        convert(Net(), st.lm(k=K), example=example)
    assert isinstance(caught.value.__cause__, Exception)  # the network's own, with its place


def test_a_converted_network_compiles_as_a_module_and_not_as_a_loop(x):
    net = convert(Net(), st.lm(k=K), example=x)
    wanted = net(x)
    with pytest.raises(UnsupportedError, match=r"compile\(loop=True\) is for a stack, to_stack"):
        net.compile(loop=True)
    assert net._compiled_call_impl is None
    net.compile(backend="eager", loop=False)
    assert net._compiled_call_impl is not None
    net._compiled_call_impl = None
    torch.testing.assert_close(net(x), wanted)

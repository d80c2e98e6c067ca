"""Caches among the arguments of blocks: each evaluation of a step sees them as they were, and the first one fills them."""

import copy

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import UnsupportedError
from schemetools.nn.blocks.residual import Residual
from tests.nn.rewiring.networks import branch

SEVERAL = [("rk4", {"shared": True}), ("backward_euler", {"h": 0.1}), ("adams_moulton(2)", {"h": 0.1})]


class Cache:
    """What each block saw so far, its sum over positions added to what is new."""

    def __init__(self, depth):
        self.seen = [[] for _ in range(depth)]

    def update(self, x, i):
        self.seen[i].append(x)
        return torch.cat(self.seen[i], dim=1)


class InPlace(Cache):
    def __init__(self, depth):
        self.total = torch.zeros(depth)

    def update(self, x, i):
        self.total[i] += x.detach().mean()
        return x + self.total[i]


class Attending(nn.Module):
    def __init__(self, i):
        super().__init__()
        self.i, self.f = i, branch()

    def forward(self, x, cache=None):
        seen = x if cache is None else cache.update(x, self.i)
        return x + self.f(x) * seen.mean(1, keepdim=True)


class Net(nn.Module):
    def __init__(self, depth=4):
        super().__init__()
        self.blocks = nn.ModuleList(Attending(i) for i in range(depth))

    def forward(self, x, cache=None):
        for block in self.blocks:
            x = block(x, cache)
        return x


@pytest.fixture
def net():
    torch.manual_seed(0)
    return Net().double()


@pytest.fixture
def x():
    torch.manual_seed(1)
    return torch.randn(2, 3, 6, dtype=torch.float64)


@pytest.mark.parametrize("memory", ["store", "checkpoint"])
@pytest.mark.parametrize(("scheme", "options"), SEVERAL)
def test_a_step_of_several_evaluations_fills_a_cache_once(net, x, scheme, options, memory):
    converted, found = st.convert(net, scheme, example=x, memory=memory, **options), []
    for cache in (None, Cache(4)):
        u = x.clone().requires_grad_()
        y = converted(u, cache)
        found.append((y, *torch.autograd.grad(y.square().sum(), (u, *net.parameters()))))
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-7, atol=1e-9)
    assert [len(seen) for seen in cache.seen] == [1] * 4
    assert torch.equal(cache.seen[0][0], x)


@pytest.mark.parametrize("inference", [False, True])
def test_what_is_left_is_that_of_the_first_evaluation(net, x, inference):
    converted = st.convert(net, "rk4", example=x, shared=True)
    with torch.inference_mode(inference):
        cache, old = Cache(4), torch.randn(2, 5, 6, dtype=torch.float64)
        for seen in cache.seen:
            seen.append(old)
        u = x
        for block, seen in zip(net.blocks, copy.deepcopy(cache.seen), strict=True):

            def field(v, block=block, seen=seen):
                return block.f(v) * torch.cat([*seen, v], 1).mean(1, keepdim=True)

            u = st.to_stack("rk4", [field])(u)
        result = converted(x, cache)
    torch.testing.assert_close(result, u)
    assert all(len(seen) == 2 and seen[0] is old for seen in cache.seen)


@pytest.mark.parametrize(("scheme", "options"), [("lm", {"init": {"k": -0.1}}), ("rk4", {}), *SEVERAL])
def test_reading_sees_a_cache_as_it_was_before_the_block(net, x, scheme, options):
    converted = st.convert(net, scheme, example=x, **options)
    cache = Cache(4)
    with_cache, without = st.inspect(converted, (x, cache)), st.inspect(converted, (x,))
    assert [len(seen) for seen in cache.seen] == [1] * 4
    for a, b in zip(with_cache.layers, without.layers, strict=True):
        assert a.field_norm == pytest.approx(b.field_norm)
        assert a.remainder == pytest.approx(b.remainder)


def test_a_cache_that_is_written_in_place_is_refused(net, x):
    converted = st.convert(net, "rk4", example=x, shared=True)
    with pytest.raises(UnsupportedError, match=r"writes into the tensors of an argument.*use_cache=False"):
        converted(x, InPlace(4))
    once = st.convert(net, "rk4", example=x)
    assert torch.isfinite(once(x, InPlace(4))).all()


def test_in_inference_a_cache_that_is_written_in_place_is_copied(net, x):
    converted = st.convert(net, "rk4", example=x, shared=True)
    with torch.inference_mode():
        cache = InPlace(4)
        block, u = converted.blocks[0], x.clone()
        mean = u.mean()
        field = Residual(lambda v: v + block.f(v) * (v + v.mean()).mean(1, keepdim=True))
        expected = st.to_stack("rk4", [field])(u)
        torch.testing.assert_close(block(u, cache), expected)
        torch.testing.assert_close(cache.total[0].double(), mean, atol=1e-6, rtol=1e-6)


def test_a_cache_that_cannot_be_copied_is_refused_once_it_changes(net, x):
    class Local(Cache):
        pass

    class Idle(Local):
        def update(self, x, i):
            return x

    converted = st.convert(net, "rk4", example=x, shared=True)
    with pytest.raises(UnsupportedError, match=r"changes an argument that cannot be copied.*use_cache=False"):
        converted(x, Local(4))
    assert torch.equal(converted(x, Idle(4)), converted(x))
    assert torch.isfinite(st.convert(net, "rk4", example=x)(x, Local(4))).all()


def test_retrofit_refuses_what_other_steps_cannot_fill(net, x):
    converted = st.convert(net, "lm", example=x, init={"k": -0.1})
    with pytest.raises(UnsupportedError, match="use_cache=False"):
        st.retrofit(converted, depth=3, x=(x, Cache(4)))
    assert st.retrofit(converted, depth=3, x=(x,))(x).shape == x.shape


class TestGPT2:
    @pytest.fixture
    def gpt(self):
        transformers = pytest.importorskip("transformers")
        torch.manual_seed(0)
        config = transformers.GPT2Config(
            n_layer=4, n_embd=16, n_head=2, vocab_size=50, n_positions=64, bos_token_id=0, eos_token_id=0
        )
        return transformers.GPT2LMHeadModel(config).eval()

    @pytest.fixture
    def given(self):
        ids = torch.randint(0, 50, (3, 10), generator=torch.Generator().manual_seed(0))
        mask = torch.ones_like(ids)
        mask[0, :4] = 0
        return {"input_ids": ids, "attention_mask": mask}

    @pytest.mark.parametrize(("scheme", "options"), [("lm", {"init": {"k": -0.1}}), *SEVERAL[:2]])
    def test_its_logits_and_layers_are_those_without_a_cache(self, gpt, given, scheme, options):
        net, without = st.convert(gpt, scheme, example=given, **options), {**given, "use_cache": False}
        output = net(**given)
        torch.testing.assert_close(output.logits, net(**without).logits)
        assert output.past_key_values.get_seq_length(1) == 10
        pairs = zip(st.inspect(net, given).layers, st.inspect(net, without).layers, strict=True)
        for a, b in pairs:
            assert a.field_norm == pytest.approx(b.field_norm, rel=1e-4)
            assert a.remainder == pytest.approx(b.remainder, rel=1e-3)

    @pytest.mark.parametrize(("scheme", "options"), [("lm", {"init": {"k": -0.1}}), ("rk4", {})])
    def test_steps_of_one_evaluation_a_block_generate_the_same_with_a_cache(self, gpt, given, scheme, options):
        net = st.convert(gpt, scheme, example=given, **options)
        how = {"max_new_tokens": 5, "do_sample": False, "pad_token_id": 0, "eos_token_id": None}
        assert torch.equal(net.generate(**given, **how), net.generate(**given, **how, use_cache=False))

    def test_shared_steps_generate_with_a_cache(self, gpt, given):
        net = st.convert(gpt, "rk4", example=given, shared=True)
        made = net.generate(**given, max_new_tokens=5, do_sample=False, pad_token_id=0, eos_token_id=None)
        assert made.shape == (3, 15)

    def test_retrofit_names_use_cache(self, gpt, given):
        net = st.convert(gpt, "rk4", example=given, shared=True)
        with pytest.raises(UnsupportedError, match="use_cache=False"):
            st.retrofit(net, depth=3, x=given)
        assert st.retrofit(net, depth=3, x={**given, "use_cache": False}).measured_drift < 0.5

"""Copies of modules hold what `copy.deepcopy` makes: nothing in common with the original but what is said to be shared."""

import copy
import pickle

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.nn.tensors.copies import copied, tensors_of


class Odd(nn.Module):
    """Attributes of all kinds: some held twice, some that refer back."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.again = self.layer
        self.tied = nn.Linear(2, 2)
        self.tied.weight = self.layer.weight
        self.sizes, self.pair = [1, {"a": torch.ones(2)}], (torch.ones(1), [3])
        self.same = self.sizes
        self.names, self.few = {"b", "c"}, frozenset({1})
        self.__dict__["owner"] = self
        self.table = {"self": self, ("x", 1): self.layer}
        self.register_forward_hook(lambda module, args, out: out)


class Counted(nn.Module):
    """Says itself what of it is kept."""

    def __init__(self):
        super().__init__()
        self.copies, self.secret = 0, object()

    def __getstate__(self):
        return {**super().__getstate__(), "secret": None}

    def __setstate__(self, state):
        super().__setstate__(state)
        self.copies += 1


class Itself(nn.Linear):
    """Is its own copy."""

    def __deepcopy__(self, memo):
        return self


def test_what_is_held_twice_is_held_twice():
    net = Odd()
    for made in (copied(net, {}), copy.deepcopy(net)):
        assert made.again is made.layer is made.table["x", 1] is not net.layer
        assert made.tied.weight is made.layer.weight is not net.layer.weight
        assert made.same is made.sizes is not net.sizes
        assert made.sizes[1]["a"] is not net.sizes[1]["a"]
        assert made.pair[0] is not net.pair[0]
        assert made.pair[1] == [3]
        assert made.names == net.names
        assert made.names is not net.names
        assert made.owner is made.table["self"] is made
        assert list(made._forward_hooks.values()) == list(net._forward_hooks.values())
        assert made._forward_hooks is not net._forward_hooks
        assert vars(made).keys() == vars(net).keys()


def test_what_a_class_says_of_its_copies_holds():
    net = nn.ModuleList([Counted(), Itself(1, 1), st.to_block("rk4")(nn.Linear(2, 2)), nn.MultiheadAttention(4, 2)])
    made = copied(net, {})
    assert (made[0].copies, made[0].secret) == (1, None)
    assert made[1] is net[1]
    assert made[2].branch is not net[2].branch
    assert repr(made) == repr(net)
    assert pickle.loads(pickle.dumps(made[3].state_dict())).keys() == net[3].state_dict().keys()


@pytest.mark.parametrize("build", [Odd, lambda: nn.TransformerDecoderLayer(8, 2, 8), lambda: nn.BatchNorm2d(3)])
def test_shared_tensors_are_shared_and_all_others_are_not(build):
    net = build()
    shared = tensors_of(net)
    assert set(map(id, (*net.parameters(), *net.buffers()))) == set(shared)
    assert tensors_of(copied(net, shared)).keys() == shared.keys()
    own = tensors_of(copied(net, {}))
    assert len(own) == len(shared)
    assert not own.keys() & shared.keys()
    assert all(torch.equal(a, b) for a, b in zip(own.values(), shared.values(), strict=True))

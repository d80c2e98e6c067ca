"""States that a step keeps while it evaluates f: two of Williamson's 2N form, one per stage of the tableau.

Live is what the step has allocated and not let go of when it calls f, in
states, the one that came not counted; NumPy by tracemalloc, torch by the storages that it still holds. Inference, no
gradients.
"""

import gc
import tracemalloc
import weakref

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import schemetools as st

SIZE = 1_000_000


def as_tableau(name):
    """The scheme of a name as a tableau, whose programs have a register per stage."""
    scheme = st.get(name)
    return st.RungeKutta(scheme.A, scheme.b, exact=scheme.exact, digits=scheme.digits, name=f"{name} as a tableau")


def live_numpy(scheme, size=SIZE):
    """The most states alive at a call of f in one NumPy step."""
    step, x, seen = st.to_stepper(scheme), np.linspace(0.0, 1.0, size), []
    tracemalloc.start()
    base = tracemalloc.get_traced_memory()[0]

    def f(u):
        seen.append((tracemalloc.get_traced_memory()[0] - base) / x.nbytes)
        return np.negative(u)

    try:
        step(f, x, 0.1)
    finally:
        tracemalloc.stop()
    return max(seen)


def live_torch(scheme, size=SIZE):
    """The most states alive at a call of f in one step of a block, without gradients."""
    held = weakref.WeakValueDictionary()

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            if isinstance(result, torch.Tensor):
                storage = result.untyped_storage()
                held[storage.data_ptr()] = result
            return result

    seen = []

    class Branch(torch.nn.Module):
        def forward(self, u):
            gc.collect()
            seen.append(sum(t.numel() for t in list(held.values())) / size)
            return -u

    x = torch.linspace(0, 1, size)
    block = st.to_block(scheme)(Branch(), h=0.1)
    gc.freeze()  # what was there before is not searched at every call of f
    try:
        with torch.no_grad():
            block(x)  # the first call is watched for faulty branches
            seen.clear()
            held.clear()
            with Watch():
                block(x)
    finally:
        gc.unfreeze()
    return max(seen)


def test_a_2n_program_keeps_two_states(measured):
    for scheme, bar in ((st.get("carpenter_kennedy4"), 2.1), (as_tableau("carpenter_kennedy4"), None)):
        for library, live in (("NumPy", live_numpy), ("torch", live_torch)):
            measured(f"{scheme.name}, states of {library} alive while f is evaluated", live(scheme), bar=bar)

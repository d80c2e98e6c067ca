"""FSDP on two processes: the gradients of one, or a refusal."""

import warnings

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

import schemetools as st
from schemetools.errors import UnsupportedError

REFUSED = {("lm", "reversible", "layers"), ("lm", "reversible", "both")}


def stack_of(name, **options):
    torch.manual_seed(0)
    fs = [nn.Sequential(nn.Linear(6, 6), nn.Tanh()) for _ in range(3)]
    more = {"init": {"k": -0.3}} if name == "lm" else {}
    return st.to_stack(st.get(name), fs, h=0.5, **more, **options)


def gradients(name, memory, how, rank, world):
    """The worst difference from gradients on one process; None where it is refused."""
    x = torch.randn(4, 6, generator=torch.Generator().manual_seed(1))
    alone, stack = stack_of(name), stack_of(name, memory=memory)
    alone(x).square().sum().div(world).backward()
    mesh = init_device_mesh("cpu", (world,))
    if how != "whole":
        for layer in stack:
            fully_shard(layer, mesh=mesh)
    if how != "layers":
        fully_shard(stack, mesh=mesh)
    try:
        stack(x.chunk(world)[rank]).square().sum().backward()
    except UnsupportedError:
        return None
    pairs = zip(alone.parameters(), stack.parameters(), strict=True)
    return max(float((q.grad.full_tensor() - p.grad).abs().max()) for p, q in pairs)


def process(rank, world, meeting, queue):
    warnings.simplefilter("ignore")  # torch warns of states that a step passes on
    torch.set_default_dtype(torch.float64)
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=world)
    cases = [
        ("lm", memory, how) for memory in ("store", "checkpoint", "reversible") for how in ("whole", "layers", "both")
    ]
    cases += [("gauss(1)", "checkpoint", how) for how in ("whole", "layers")]
    found = {case: gradients(*case, rank, world) for case in cases}
    if rank == 0:
        queue.put(found)
    dist.destroy_process_group()


@pytest.mark.slow
def test_gradients_are_those_of_one_process_or_refused(tmp_path):
    context = mp.get_context("spawn")
    queue = context.Queue()
    jobs = [context.Process(target=process, args=(rank, 2, tmp_path / "meeting", queue)) for rank in range(2)]
    for job in jobs:
        job.start()
    found = queue.get(timeout=240)
    for job in jobs:
        job.join(timeout=60)
    assert {case for case, worst in found.items() if worst is None} == REFUSED
    assert max(worst for worst in found.values() if worst is not None) < 1e-8

"""Blocks and stacks as good citizens of torch: compile, export, func, autocast, profiler, data-parallel training."""

import io

import pytest
import torch
import torch.multiprocessing
from torch import nn

import schemetools as st


def lm_stack(depth=4, **options):
    return st.to_stack(st.lm(), [nn.Linear(6, 6) for _ in range(depth)], init={"k": (-0.1, 0.0)}, **options)


def gates_stack():
    return st.to_stack(st.get("stochastic_depth"), [nn.Linear(6, 6) for _ in range(3)]).eval()


def partitioned():
    return st.to_stack(st.get("revnet"), [{v: nn.Linear(3, 3) for v in "FG"} for _ in range(3)], split=True)


MAKERS = {
    "rk4": lambda: st.to_block(st.rk4)(nn.Linear(6, 6)),
    "lm": lm_stack,
    "bounded": lambda: lm_stack(bounds={"k": (-1, 1)}),
    "adams": lambda: st.to_stack(st.get("adams_bashforth(3)"), [nn.Linear(6, 6) for _ in range(4)]),
    "revnet": partitioned,
    "gates": gates_stack,
    "separate": lambda: st.to_block(st.get("midpoint"))([nn.Linear(6, 6), nn.Linear(6, 6)]),
}


@pytest.mark.parametrize("name", ["lm", pytest.param("rk4", marks=pytest.mark.slow),
                                  *(pytest.param(n, marks=pytest.mark.slow) for n in MAKERS if n not in ("lm", "rk4"))])  # fmt: skip
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compile_without_a_graph_break(name):
    torch.compiler.reset()
    module, x = MAKERS[name](), torch.randn(4, 6)
    module(x)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    y = compiled(x)
    assert (y - module(x)).abs().max() < 1e-13
    y.sum().backward()
    assert all(p.grad is not None for p in module.parameters())


@pytest.mark.parametrize("name", ["rk4", "lm", "revnet", "adams"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_export(name):
    module, x = MAKERS[name](), torch.randn(4, 6)
    exported = torch.export.export(module, (x,))
    assert (exported.module()(x) - module(x)).abs().max() < 1e-13


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_func_transforms():
    block, x = st.to_block(st.rk4)(nn.Sequential(nn.Linear(3, 3), nn.Tanh())), torch.randn(5, 3)
    assert (torch.func.vmap(block)(x) - block(x)).abs().max() < 1e-14
    jacobian = torch.func.vmap(torch.func.jacrev(block))(x)
    assert (jacobian[0] - torch.autograd.functional.jacobian(block, x[0])).abs().max() < 1e-13
    stack = lm_stack()
    parameters = {n: p + 1 for n, p in stack.named_parameters()}
    y = torch.func.functional_call(stack, parameters, (torch.ones(2, 6),))
    assert not torch.allclose(y, stack(torch.ones(2, 6)))
    hessian = torch.func.hessian(lambda v: block(v).sum())(x[0])
    assert hessian.shape == (3, 3)


def test_autocast_in_bfloat16():
    block, x = st.to_block(st.rk4)(nn.Linear(6, 6).float()), torch.randn(4, 6, dtype=torch.float32)
    stack = lm_stack().float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert block(x).dtype == torch.float32
        assert stack(x.bfloat16()).dtype == torch.bfloat16
        assert (block(x) - block(x.double().float())).abs().max() == 0
    assert (block(x.bfloat16().float()) - block.bfloat16()(x.bfloat16()).float()).abs().max() < 0.1


def test_double_and_state_dict_round_trip():
    stack = lm_stack(bounds={"k": (-1, 1)}).float()
    buffer = io.BytesIO()
    torch.save(stack.state_dict(), buffer)
    buffer.seek(0)
    other = lm_stack(bounds={"k": (-1, 1)}).float()
    other.load_state_dict(torch.load(buffer, weights_only=True), strict=True)
    x = torch.randn(2, 6)
    assert torch.equal(other.double()(x), stack.double()(x))
    assert [s.coefficients for s in other.schemes] == [s.coefficients for s in stack.schemes]


@pytest.mark.parametrize("name", MAKERS)
def test_every_parameter_gets_a_gradient_and_buffers_are_starts(name):
    module = MAKERS[name]()
    module(torch.randn(4, 6)).square().sum().backward()
    assert all(p.grad is not None for p in module.parameters())
    assert all(key.endswith(".origin") for key, _ in module.named_buffers())  # where a bounded coefficient started


def test_a_profiler_sees_the_scheme_and_only_while_it_runs():
    block, x = st.to_block(st.rk4)(nn.Linear(6, 6)), torch.randn(4, 6)
    block(x)
    with torch.profiler.profile() as profile:
        block(x)
    assert "schemetools.rk4" in {event.key for event in profile.key_averages()}


def _train(rank, port, path):
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    torch.manual_seed(0)
    stack = nn.parallel.DistributedDataParallel(lm_stack(), find_unused_parameters=False)
    optimizer = torch.optim.SGD(stack.parameters(), lr=0.05)
    torch.manual_seed(rank)
    for _ in range(3):
        optimizer.zero_grad()
        stack(torch.randn(4, 6)).square().mean().backward()
        optimizer.step()
    torch.save(stack.module.state_dict(), f"{path}/{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_data_parallel_training_in_two_processes(tmp_path):
    import socket

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    torch.multiprocessing.spawn(_train, args=(port, str(tmp_path)), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    assert all(torch.equal(first[n], second[n]) for n in first)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_checkpointed_stacks_compile():
    torch.compiler.reset()
    stack, x = lm_stack(memory="checkpoint", every=2), torch.randn(4, 6, requires_grad=True)
    torch.compile(stack, backend="aot_eager")(x).sum().backward()
    assert x.grad is not None

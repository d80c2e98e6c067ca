"""Steps and memory beside torchdiffeq, torchode, diffrax and momentumnet: the same numbers, in turns, in one process."""

import time
from collections.abc import Callable
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import torch
import torchdiffeq
import torchode
from bench_blocks import saved_bytes
from cases import tiny
from momentumnet import MomentumNet
from timing import gradient_of, interleaved, ratio
from torch import Tensor, nn

import schemetools as st

STEPS, H = 10, 0.1
GAMMA, DEPTH = 0.9, 50


def torch_solvers(f: nn.Module) -> dict[str, Callable[[Tensor], Tensor]]:
    """{library: ten steps of Heun's method} on u' = f(u)."""
    stack = st.to_stack(st.heun2, [f] * STEPS, h=H)
    times, options = torch.tensor([0.0, STEPS * H]), {"step_size": H}
    solver = torchode.AutoDiffAdjoint(
        torchode.Heun(torchode.ODETerm(lambda t, u: f(u))), torchode.FixedStepController()
    )

    def by_torchode(x: Tensor) -> Tensor:
        start, end, step = (torch.full((len(x),), value) for value in (0.0, STEPS * H, H))
        return solver.solve(torchode.InitialValueProblem(y0=x, t_start=start, t_end=end), dt0=step).ys[:, -1]

    return {
        "ours": stack,
        "torchdiffeq": lambda x: torchdiffeq.odeint(lambda _, u: f(u), x, times, method="heun2", options=options)[-1],
        "torchode": by_torchode,
    }


def in_jax(f: nn.Sequential, x: Tensor) -> tuple[Callable[[], object], np.ndarray]:
    """Value and gradient by diffrax with the same numbers, compiled; and the state that it comes to."""
    weights = tuple(jnp.asarray(p.detach().numpy()) for p in f[0].parameters())
    start, term = jnp.asarray(x.detach().numpy()), diffrax.ODETerm(lambda t, u, a: jnp.tanh(u @ a[0].T + a[1]))

    def solve(x, weights):
        given = dict(args=weights, stepsize_controller=diffrax.ConstantStepSize(), max_steps=STEPS + 2)
        return diffrax.diffeqsolve(term, diffrax.Heun(), 0.0, STEPS * H, H, x, **given).ys[-1]

    both = jax.jit(jax.value_and_grad(lambda x, w: solve(x, w).sum(), argnums=(0, 1)))
    return lambda: jax.block_until_ready(both(start, weights)), np.asarray(solve(start, weights))


def test_ten_steps_of_heuns_method(measured) -> None:
    """Forward and backward through a branch so small that all is overhead."""
    f, x = tiny()
    solvers = torch_solvers(f)
    diffrax_run, state = in_jax(f, x)
    for solve in solvers.values():
        np.testing.assert_allclose(solve(x).detach().numpy(), state, atol=1e-5)
    torch.compiler.reset()
    compiled = torch.compile(solvers["ours"], fullgraph=True)
    cases = {name: gradient_of(solve, x) for name, solve in solvers.items()}
    times = interleaved({**cases, "compiled": gradient_of(compiled, x), "diffrax": diffrax_run}, rounds=9)
    for peer, base, bar in (("torchdiffeq", "ours", 2.2), ("torchode", "ours", None), ("diffrax", "compiled", None)):
        middle, spread = ratio(times, peer, base)
        how = ", both compiled" if base == "compiled" else ""
        name = f"10 steps of heun2 with gradients: {peer} over ours{how}"
        measured(name, middle, spread=spread, bar=bar, least=bar is not None)


DEEP, DEEP_H, BATCH = 100, 0.01, 32


def by_diffrax(f: nn.Sequential, x: Tensor, solver: Any) -> tuple[Callable[[], object], Callable[[], object], Any]:
    """A hundred steps, compiled: the state, the value with gradients, and the state that it comes to."""
    weights = tuple(jnp.asarray(p.detach().numpy()) for p in f.parameters())
    start = jnp.asarray(x.detach().numpy())
    term = diffrax.ODETerm(lambda t, u, a: jnp.tanh(u @ a[0].T + a[1]) @ a[2].T + a[3])

    def solve(x: Any, weights: Any) -> Any:
        given = dict(args=weights, stepsize_controller=diffrax.ConstantStepSize(), max_steps=DEEP)
        return diffrax.diffeqsolve(term, solver, 0.0, DEEP * DEEP_H, DEEP_H, x, **given).ys[-1]

    forward = jax.jit(solve)
    both = jax.jit(jax.value_and_grad(lambda x, w: solve(x, w).sum(), argnums=(0, 1)))
    return (
        lambda: jax.block_until_ready(forward(start, weights)),
        lambda: jax.block_until_ready(both(start, weights)),
        np.asarray(forward(start, weights)),
    )


def bare_products(f: nn.Sequential, x: Tensor, evaluations: int) -> Callable[[], object]:
    """The matrix products of the evaluations and nothing else: torch's own floor where a compiler calls its library."""
    (w, b), (v, c) = ((m.weight.detach().t(), m.bias.detach()) for m in (f[0], f[2]))
    u = x.detach()

    def run() -> None:
        for _ in range(evaluations):
            torch.addmm(c, torch.addmm(b, u, w), v)

    return run


def test_a_hundred_steps_in_one_compiled_call_beside_diffrax(measured) -> None:
    """float32, a tiny perceptron, 32 samples; ours is a stack compiled as a loop, diffrax's a jitted one."""
    f, x = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 8)), torch.randn(BATCH, 8, requires_grad=True)
    forward, both, state = by_diffrax(f, x, diffrax.Heun())
    torch.compiler.reset()
    stack = st.to_stack(st.heun2, [f] * DEEP, h=DEEP_H)
    np.testing.assert_allclose(stack(x).detach().numpy(), state, atol=1e-5)
    start = time.process_time()
    stack.compile(loop=True, options={"cpp_wrapper": True})
    stack(x), gradient_of(stack, x)()
    measured(f"{DEEP} steps of heun2, compiled as a loop, until the first gradient, s", time.process_time() - start)
    np.testing.assert_allclose(stack(x).detach().numpy(), state, atol=1e-5)
    cases = {
        "forward": torch.no_grad()(lambda: stack(x)),
        "with gradients": gradient_of(stack, x),
        "diffrax, forward": forward,
        "diffrax, with gradients": both,
        "floor": bare_products(f, x, 2 * DEEP),
    }
    times = interleaved(cases, rounds=9)
    for kind in ("forward", "with gradients"):
        middle, spread = ratio(times, kind, f"diffrax, {kind}")
        measured(f"{DEEP} compiled steps of heun2, {kind}: ours over diffrax", middle, spread=spread, bar=1.1)
    middle, spread = ratio(times, "floor", "diffrax, forward")
    name = f"{DEEP} compiled steps of heun2, forward: torch's matrix products alone over diffrax"
    measured(name, middle, spread=spread)


def test_learned_coefficients_of_a_two_step_scheme(measured) -> None:
    """lm with a k per layer, trained: what has solvers has no place for it."""
    reasons = {
        "torchdiffeq": ("its Adams methods have fixed coefficients", torchdiffeq.odeint.__globals__["SOLVERS"]),
        "torchode": ("it has one-step methods only", dir(torchode)),
        "diffrax": ("its one multistep method, LeapfrogMidpoint, has fixed coefficients", dir(diffrax)),
    }
    for peer, (reason, names) in reasons.items():
        assert not [n for n in names if "linearmultistep" in n.lower() or n.lower().startswith("lm")]
        measured.cannot(f"50 steps of lm with a trained k each: {peer} over ours", reason)


def gradient(run: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x = x.detach().requires_grad_()
    run(x).sum().backward()
    assert x.grad is not None
    return x.grad


def test_reversible_layers_beside_momentumnet(measured) -> None:
    """v' = g v + (1 - g) f(x), x' = x + v' is lm with k = -g and h = 1 - g; both keep the last state and lost bits."""
    fs = [tiny()[0] for _ in range(DEPTH)]
    x = torch.randn(64, 8, requires_grad=True)
    ours = st.to_stack(st.lm(k=-GAMMA), fs, h=1 - GAMMA, memory="reversible")
    stored = st.to_stack(st.lm(k=-GAMMA), fs, h=1 - GAMMA)
    peer = MomentumNet(fs, gamma=GAMMA, use_backprop=False)
    with torch.no_grad():
        state = stored(x)
        torch.testing.assert_close(ours(x), state, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(peer(x), state, atol=1e-2, rtol=1e-2)  # it rounds its velocities to a coarser grid
    times = interleaved({"ours": gradient_of(ours, x), "peer": gradient_of(peer, x)}, rounds=9, budget=0.0)
    middle, spread = ratio(times, "peer", "ours")
    measured(f"{DEPTH} reversible layers of lm(k=-{GAMMA}): momentumnet over ours, time", middle, spread=spread)
    measured(
        f"{DEPTH} reversible layers of lm(k=-{GAMMA}): momentumnet over ours, bytes kept",
        saved_bytes(peer, x) / saved_bytes(ours, x),
    )
    right = gradient(stored, x)
    for name, run in (("ours", ours), ("momentumnet", peer)):
        error = float((gradient(run, x) - right).norm() / right.norm())
        measured(f"{DEPTH} reversible layers of lm(k=-{GAMMA}): {name}, relative error of the gradient", error)

"""Small products of matrices written out as sums, so that inductor joins them with what stands around them."""

from typing import Any

import torch
from torch._inductor import inductor_prims
from torch._inductor.custom_graph_pass import CustomGraphPass, get_hash_for_files
from torch.fx import Graph, Node
from torch.fx.node import map_arg

SMALL = 2**15
"""Multiplications up to which the call of a library costs more than a plain loop saves."""

aten = torch.ops.aten


class SmallProducts(CustomGraphPass):
    """A pass of inductor over a graph: small mm and addmm on a CPU, in single or double precision, become sums.

    A call of the library costs 2 to 3 us however small the matrices are, and ends the kernel before it.
    """

    def __call__(self, graph: Graph) -> None:
        """Replace them in place."""
        for node in list(graph.nodes):
            if node.target in (aten.mm.default, aten.addmm.default) and not node.kwargs and _is_small(*node.args[-2:]):
                with graph.inserting_before(node):
                    written = _written_out(graph, *node.args)
                node.replace_all_uses_with(written)
                graph.erase_node(node)

    def uuid(self) -> Any:
        """What stands for this pass in the key of a cache of compiled code."""
        return get_hash_for_files((__file__,))


def _is_small(a: Node, b: Node) -> bool:
    left, right = a.meta["val"], b.meta["val"]
    sizes = (*left.shape, right.shape[1])
    known = left.device.type == "cpu" and all(isinstance(size, int) for size in sizes)
    # In half precision the library sums in single precision, and rounds once.
    return known and left.dtype in (torch.float32, torch.float64) and 0 < sizes[0] * sizes[1] * sizes[2] <= SMALL


def _written_out(graph: Graph, *factors: Node) -> Node:
    """Nodes of (bias +) a b for factors (bias,) a, b."""
    *bias, a, b = factors

    def call(target: Any, *args: Any) -> Node:
        node = graph.call_function(target, args)
        node.meta["val"] = target(*map_arg(args, lambda n: n.meta["val"]))
        return node

    # The sum runs along rows of b: a transposed weight is laid out anew, which costs less than to step over it.
    rows = call(inductor_prims.force_stride_order, b, (b.meta["val"].shape[1], 1))
    found = call(aten.sum.dim_IntList, call(aten.mul.Tensor, call(aten.unsqueeze.default, a, 2), rows), [1])
    return call(aten.add.Tensor, found, bias[0]) if bias else found

#!/usr/bin/env bash
# desolver: RadauIIA3 has 1/3 where 1/4 belongs, in the last entry of its matrix. Row 2 then sums to 13/12 instead of its
# node 1, the row no longer equals the weights (so the method is not stiffly accurate), and the order is 1, not 3.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q desolver==5.1.0 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import sys
from importlib.metadata import version

import numpy as np
from desolver.integrators import RadauIIA3

print("desolver", version("desolver"))
nodes, matrix = RadauIIA3.tableau_intermediate[:, 0], RadauIIA3.tableau_intermediate[:, 1:]
weights = RadauIIA3.tableau_final[0, 1:]


def errors(matrix):
    """Errors of the implicit steps at t = 1 for u' = -u, u(0) = 1, in 10, 20, ... 160 steps: u + h b (I + h A)^-1 (-u)."""
    for n in (10, 20, 40, 80, 160):
        factor = 1 - weights @ np.linalg.solve(np.eye(2) + matrix / n, np.ones(2)) / n
        yield abs(factor**n - np.exp(-1))


def order(matrix):
    *_, before, last = errors(matrix)
    return np.log2(before / last)


mended = matrix.copy()
mended[1, 1] = 1 / 4
print(f"expected: rows that sum to the nodes {nodes}, last row = weights {weights}, order {RadauIIA3.__order__:g}")
print(f"seen:     rows that sum to {matrix.sum(axis=1)}, last row {matrix[1]}, order {order(matrix):.2f}", end=" ")
print(f"(with 1/4: {order(mended):.2f})")
sys.exit(0 if matrix[1, 1] == 1 / 3 and order(matrix) < 1.2 and order(mended) > 2.8 else 1)
PY

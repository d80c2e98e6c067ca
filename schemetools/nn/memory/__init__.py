"""How the backward pass is paid for: checkpoints, exact inversion. Knows no stack and no model."""

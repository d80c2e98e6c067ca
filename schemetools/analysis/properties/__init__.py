"""Order, cost and geometry of a scheme. Knows no equation and no stability."""

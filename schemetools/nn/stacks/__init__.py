"""A depth of steps as a module. Knows nothing of reading networks back, and no model."""

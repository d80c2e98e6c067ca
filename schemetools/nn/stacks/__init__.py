"""A depth of steps as a module. Knows no reading back and no model."""

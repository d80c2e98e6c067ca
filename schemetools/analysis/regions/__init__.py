"""Pictures of the plane in floating point, from arrays. Knows no scheme and no exact field."""

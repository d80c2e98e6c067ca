"""Existing networks with another scheme or depth: convert, retrofit. Knows no model and no training."""

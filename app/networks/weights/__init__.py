"""Weights: reading checkpoints and frozen graphs, building graphs, fetching files."""

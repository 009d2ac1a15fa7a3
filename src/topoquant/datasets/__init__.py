"""Datasets of the catalog: every write is atomic, nothing is pickled."""

"""Weights that others have trained, in the layouts of their repositories."""

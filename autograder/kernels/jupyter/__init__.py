"""Warm kernels behind the interfaces of Jupyter."""

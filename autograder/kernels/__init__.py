"""Kernels for untrusted code: forked from a warm parent, walled in, and told apart in death."""

from autograder.kernels.jupyter.kernelspec import install_kernelspec
from autograder.kernels.jupyter.manager import GradingClient, GradingManager, kernel_manager
from autograder.kernels.jupyter.provisioner import KernelNotStarted
from autograder.kernels.limits import Limits
from autograder.kernels.trial.isolation import Wall, isolation

__all__ = [
    "GradingClient",
    "GradingManager",
    "KernelNotStarted",
    "Limits",
    "Wall",
    "install_kernelspec",
    "isolation",
    "kernel_manager",
]

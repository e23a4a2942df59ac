"""Kernels for untrusted code: forked from a warm parent, walled in, and told apart in death."""

from autograder.kernels.isolation import Wall, isolation
from autograder.kernels.kernelspec import install_kernelspec
from autograder.kernels.limits import Limits
from autograder.kernels.manager import GradingClient, GradingManager, kernel_manager
from autograder.kernels.provisioner import KernelNotStarted

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

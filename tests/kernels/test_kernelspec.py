"""The kernel that people pick by hand."""

from __future__ import annotations

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from autograder.kernels import install_kernelspec


def test_installed_kernel_starts_without_walls(light_parent, tmp_path):
    install_kernelspec(str(tmp_path))
    finder = KernelSpecManager(kernel_dirs=[str(tmp_path / "share/jupyter/kernels")])
    manager = KernelManager(kernel_name="autograder-warm", kernel_spec_manager=finder)
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=30)
    client.execute_interactive("open('made', 'w').write('x')", timeout=20)
    client.stop_channels()
    manager.shutdown_kernel()
    assert (tmp_path / "made").read_text() == "x"

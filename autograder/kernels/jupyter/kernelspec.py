"""The kernel that people pick by hand, and nbval: warm, on their own files, without walls."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager

NAME = "autograder-warm"


def install_kernelspec(prefix: str | None = None) -> Path:
    """Make the warm kernel known to Jupyter under `prefix` (this environment); returns its folder.

    It is walled neither from files nor from the network: it belongs to who starts it. Where nothing
    forks safely the same specification starts an ordinary kernel.
    """
    specification = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3 (warm)",
        "language": "python",
        "metadata": {"debugger": False},
    }
    if sys.platform == "linux":
        specification["metadata"]["kernel_provisioner"] = {
            "provisioner_name": NAME,
            "config": {"walled": False},
        }
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "kernel.json").write_text(json.dumps(specification, indent=2))
        return Path(KernelSpecManager().install_kernel_spec(folder, NAME, prefix=prefix or sys.prefix))

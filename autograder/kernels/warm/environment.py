"""Where the warm parent lives, and which parent belongs to this environment."""

from __future__ import annotations

import contextlib
import hashlib
import os
import site
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

PRELOAD = (
    "tensorflow", "keras", "numpy.random", "matplotlib.pyplot", "matplotlib.backends.backend_agg",
    "PIL.PngImagePlugin", "PIL.JpegImagePlugin",
    # What a kernel imports only when it starts, runs its first cell or shows its first error.
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger",
    "IPython.core.debugger", "IPython.core.oinspect", "IPython.core.completerlib",
    "IPython.core.logger", "IPython.core.magics.execution", "IPython.core.magics.pylab",
    "IPython.extensions.storemagic", "tornado.platform.asyncio", "stack_data",
    "pygments.formatters.terminal256",
    "autograder.kernels.warm.child", "autograder.asking.answer", "autograder.asking.wire", "autograder.practice",
    "autograder.toolbox",
    # What lessons import: inside the walls there is no other way to the course's own code.
    "autograder.toolbox.datasets", "autograder.toolbox.sentences", "autograder.toolbox.translation",
)  # fmt: skip
"""What the warm parent imports, where it is installed. AUTOGRADER_PRELOAD (names separated by
commas) replaces it."""

_THREADS = "2"

_KEPT = ("LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHASHSEED",
         "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "AUTOGRADER_PRELOAD", "AUTOGRADER_IDLE_SECONDS",
         "AUTOGRADER_WALLS")  # fmt: skip


def preload() -> list[str]:
    """The names of the modules that the warm parent imports."""
    chosen = os.environ.get("AUTOGRADER_PRELOAD")
    return chosen.split(",") if chosen else list(PRELOAD)


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """The few variables a kernel may see, and those that keep TensorFlow quiet and small.

    Everything that must not be readable has to be absent when the warm parent is executed:
    /proc/self/environ shows for ever what a process started with.
    """
    kept = {
        name: value for name, value in environment.items()
        if name in _KEPT or name.startswith("LC_")
    }  # fmt: skip
    return kept | {
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), "/usr/bin", "/bin"]),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # BLAS starts its threads on import, and no thread survives a fork.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        # Whole classes are graded side by side: more threads for one take them from another.
        "TF_NUM_INTEROP_THREADS": _THREADS,
        "TF_NUM_INTRAOP_THREADS": _THREADS,
        "CUDA_VISIBLE_DEVICES": "-1",
    }


def runtime_folder() -> Path:
    """This user's private folder for sockets, logs and mount points. PermissionError if taken."""
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    folder = Path(base, f"autograder-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} must be a folder that only its owner can open")
    return folder


def installed() -> list[str]:
    """The installed distributions with versions, as their folders are named: quick to read.

    Not those on sys.path, which begins with the folder that a process was started in or from: the grader and its
    workers must agree.
    """
    named = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    found = set()
    for folder in (*site.getsitepackages(), site.getusersitepackages(), *named):
        with contextlib.suppress(OSError):  # an archive, or not there
            found |= {name for name in os.listdir(folder) if name.endswith((".dist-info", ".egg-info", ".pth"))}
    return sorted(found)


def key() -> str:
    """Names this environment: another interpreter, library version, source or list, another key."""
    digest = hashlib.sha256()
    digest.update(repr((sys.executable, sys.version, preload())).encode())
    digest.update(repr(sorted(scrubbed(os.environ).items())).encode())
    digest.update(repr(installed()).encode())
    package = Path(__file__).resolve().parents[2]
    for folder, _, names in sorted(os.walk(package)):  # each kernel asks: pathlib would take three times as long
        for name in sorted(names):
            if name.endswith(".py"):
                source = os.path.join(folder, name)
                digest.update(f"{source}{os.stat(source).st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def address() -> Path:
    """The socket on which this environment's warm parent listens, if there is one."""
    return runtime_folder() / f"{key()}.sock"


def parent_variables(folder: Path) -> dict[str, str]:
    """The environment that a process which will fork kernels is started with.

    What libraries look for in a home, they find in the private `folder`.
    """
    return scrubbed(os.environ) | {"HOME": str(folder), "MPLCONFIGDIR": str(folder)}

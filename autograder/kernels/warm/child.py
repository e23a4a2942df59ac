"""The process that becomes the kernel: a fork of the warm parent (or of a cold launcher)."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from types import ModuleType
from typing import Any, ClassVar

from ipykernel import ipkernel
from ipykernel.heartbeat import Heartbeat
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

from autograder.asking.malloc import keep_in_hand
from autograder.kernels.walls import landlock, linux, namespaces
from autograder.kernels.walls.level import Level
from autograder.kernels.warm.protocol import CHANNELS, Request
from autograder.kernels.warm.shell import GradedKernel

_INLINE = "module://matplotlib_inline.backend_inline"


class _ListeningHeartbeat(Heartbeat):
    """A heartbeat on a socket that already listens."""

    descriptor: int

    def _try_bind_socket(self) -> None:
        self.socket.use_fd = self.descriptor
        super()._try_bind_socket()


class _FewModules(ModuleType):
    """`sys` as ipykernel sees it while a walled kernel starts: with no module loaded.

    It lists the files of all modules, for a debugger that nobody attaches to a walled kernel. To look at one is to
    copy the memory that it shares with the parent: a third of the time that such a kernel takes to start.
    """

    modules: ClassVar[dict[str, ModuleType]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


class _ListeningKernel(IPKernelApp):
    """An ordinary ipykernel on Unix sockets that its grader bound and handed over.

    The folder of these sockets need not exist for the kernel: it can neither fill nor search it.
    """

    connection: dict[str, Any]
    descriptors: dict[str, int]
    walled = True

    def init_connection_file(self) -> None:
        self.load_connection_info(self.connection)

    def parse_command_line(self, argv: Any = None) -> None:
        """There is none."""

    def load_config_file(self, *_: Any, **__: Any) -> None:
        """A walled kernel starts in an empty home: there is no file to look for."""
        if not self.walled:
            super().load_config_file()

    def init_kernel(self) -> None:
        if self.walled:
            ipkernel.sys = _FewModules("sys")
        super().init_kernel()
        ipkernel.sys = sys

    def write_connection_file(self, **_: Any) -> None:
        """The grader has written it."""

    def _try_bind_socket(self, s: Any, port: int) -> int:
        channel = next(name for name in CHANNELS if self.connection[f"{name}_port"] == port)
        s.use_fd = self.descriptors[channel]
        return super()._try_bind_socket(s, port)

    def init_heartbeat(self) -> None:
        import zmq

        self.heartbeat = _ListeningHeartbeat(zmq.Context(), (self.transport, self.ip, self.hb_port))
        self.heartbeat.descriptor = self.descriptors["hb"]
        self.heartbeat.start()


def prepare(request: Request, level: Level | None, keep: list[int]) -> None:
    """Turn a fresh fork into the submission's process: clean inside, walls around it.

    level: the strongest walls that this system allows; None for a kernel without any.
    keep: the only descriptors above 2 that stay open.
    """
    os.setsid()
    # What the warm parent ignores, a kernel must not.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _close_all_but(keep)
    os.environ.clear()
    os.environ.update(request.environment)
    if level is None:
        os.chdir(request.scratch or os.path.expanduser("~"))
        linux.die_with_parent(signal.SIGKILL)
    else:
        os.environ.update(_settle(request, level))
        keep_in_hand(0)  # within the walls, what the learner's package keeps counts as taken
    _renew_libraries()


def _settle(request: Request, level: Level) -> dict[str, str]:
    """Raise the walls; the variables that say where home is within them."""
    if level is Level.NAMESPACES:
        namespaces.raise_walls(
            root=request.root,
            scratch=request.scratch,
            readable=request.readable,
            hidden=request.hidden,
            limits=request.limits,
        )
        home, temporary = namespaces.HOME, "/tmp"
    else:
        home = temporary = str(request.root)
        landlock.enter(request.root, request.scratch, request.limits)
        if level is Level.LANDLOCK:
            landlock.raise_walls(request.root, request.readable, request.hidden)
        else:
            linux.die_with_parent(signal.SIGKILL)
    return {
        "HOME": home,
        "TMPDIR": temporary,
        "USER": "learner",
        "LOGNAME": "learner",
        "SHELL": "/bin/sh",
        "MPLCONFIGDIR": f"{home}/.config/matplotlib",
        "IPYTHONDIR": f"{home}/.ipython",
        "JUPYTER_CONFIG_DIR": f"{home}/.jupyter",
        "JUPYTER_DATA_DIR": f"{home}/.jupyter/data",
        "JUPYTER_RUNTIME_DIR": f"{home}/.jupyter/runtime",
        "KERAS_HOME": f"{home}/.keras",
    }


def run_kernel(request: Request, descriptors: dict[str, int]) -> None:
    """Be the kernel until it ends. Call `prepare` first."""
    config = Config()
    # The working directory must not shadow a module; a person's own kernel may import from it.
    config.IPKernelApp.ignore_cwd = request.walled
    config.InteractiveShellApp.ignore_cwd = request.walled
    if request.walled:
        config.IPKernelApp.kernel_class = GradedKernel
        config.HistoryManager.enabled = False
        config.IPKernelApp.exec_PYTHONSTARTUP = False
        sys.path.append("")  # behind everything: a module of the learner's own can be imported, and shadows none
    else:
        # The parent's -P keeps IPython from doing this: after the standard library, before the rest.
        packages = (place for place, path in enumerate(sys.path) if path.endswith("-packages"))
        sys.path.insert(next(packages, len(sys.path)), "")
    app = _ListeningKernel.instance(config=config)
    app.connection, app.descriptors, app.walled = request.connection, descriptors, request.walled
    app.initialize([])
    app.start()


def _close_all_but(keep: list[int]) -> None:
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    start = 3
    for descriptor in sorted(keep):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, 1 << 20)


def _renew_libraries() -> None:
    """Undo what the parent's imports decided for all its forks."""
    # They worked out where temporary files go from the parent's environment.
    tempfile.tempdir = None
    # Python reseeds `random` after a fork; NumPy's global generator would repeat itself.
    generators = sys.modules.get("numpy.random")
    if generators is not None:
        generators.seed()
    # Matplotlib reads this variable on import, and loads a backend with its first figure: Jupyter's
    # connects itself to a running kernel, so the parent must not have loaded it.
    os.environ.setdefault("MPLBACKEND", _INLINE)
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is not None:
        matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]

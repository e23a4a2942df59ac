"""Kernels as Jupyter asks for them: the provisioner `autograder-warm`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerBase, LocalProvisioner
from traitlets import Bool, Dict, List, Unicode

from autograder.kernels.limits import Limits
from autograder.kernels.warm import environment, protocol, start

_ANSWER_SECONDS = 60.0  # for a parent that is still importing on a slow disk
_ATTEMPTS = 3


class KernelNotStarted(RuntimeError):
    """The machine could not start a kernel: never a learner's fault."""


class WarmProvisioner(KernelProvisionerBase):
    """Starts each kernel as a fork of the warm parent, or cold, with or without walls.

    The kernel listens on Unix sockets in a private folder, which also keeps the connection file
    when the manager leaves its choice open. Linux only: elsewhere use LocalProvisioner.
    """

    warm = Bool(True, config=True, help="Fork a warm parent; else start a new interpreter.")
    walled = Bool(False, config=True, help="Raise the walls around the kernel.")
    scratch = Unicode("", config=True, help="Files that the working directory starts with.")
    readable = List(Unicode(), config=True, help="Files and folders shown within the walls.")
    hidden = List(Unicode(), config=True, help="What stays hidden although it lies in a shown one.")
    limits = Dict(config=True, help="Fields of Limits that differ from their defaults.")
    variables = Dict(config=True, help="Environment variables to add within the walls.")

    _link: socket.socket | None = None
    _launcher: subprocess.Popen | None = None
    _folder: Path | None = None
    _status: int | None = None
    _cause: str = ""
    _reason: str = ""
    pid: int | None = None
    _level: str | None = None
    """The walls that were raised, a value of `Level`; None before the kernel runs, or for none."""

    @property
    def has_process(self) -> bool:
        return self._link is not None

    def death(self) -> str | None:
        """Why the kernel ended, or None while it lives.

        'memory', 'cpu', 'wall', 'output': over that limit. 'exit N', 'signal N': it ended itself, or somebody
        outside killed it (signal 9). 'shutdown': we ended it. 'not started: ...', 'keeper lost':
        faults of the machine, never of the learner.
        """
        self._hear()
        return self._cause or None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        kwargs = await super().pre_launch(**kwargs)
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(dir=environment.runtime_folder()))
            (self._folder / "root").mkdir()
        self.connection_info = {
            "transport": "ipc",
            "ip": str(self._folder / "s"),
            "key": self.parent.session.key,
            "signature_scheme": self.parent.session.signature_scheme,
            **{f"{name}_port": port for port, name in enumerate(protocol.CHANNELS, start=1)},
        }
        # The kernel is no child of a shell: there is no command to run.
        return kwargs | {"cmd": []}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Ask for the kernel. KernelNotStarted if neither a warm parent nor a launcher answers."""
        request = self._request(kwargs.get("cwd"), kwargs["env"])
        self._cause, self._reason, self._status = "", "", None
        listeners = self._listen()
        try:
            for _ in range(_ATTEMPTS):
                link = start.connect() if self.warm else self._start_cold()
                protocol.send_request(link, request, listeners)
                # A parent that was killed or was just leaving hangs up without a word.
                if await _answers(link):
                    break
                link.close()
            else:
                raise KernelNotStarted("the warm parent hangs up; its log is in its runtime folder")
        finally:
            for listener in listeners.values():
                listener.close()
        link.setblocking(False)
        self._link = link
        return self.connection_info

    def _request(self, cwd: str | None, variables: dict[str, str]) -> protocol.Request:
        if self.walled:
            scratch = Path(self.scratch) if self.scratch else None
            variables = environment.scrubbed(os.environ) | self.variables
        else:
            scratch = Path(self.scratch or cwd or os.getcwd())
            variables = variables | {
                name: value for name, value in environment.scrubbed({}).items()
                if name not in variables
            }  # fmt: skip
        connection = self.connection_info | {"key": self.connection_info["key"].decode()}
        return protocol.Request(
            connection=connection,
            root=self._folder / "root",
            scratch=scratch,
            readable=tuple(map(Path, self.readable)),
            hidden=tuple(map(Path, self.hidden)),
            limits=Limits(**self.limits),
            walled=self.walled,
            environment=variables,
        )

    def _listen(self) -> dict[str, socket.socket]:
        """Bound before the kernel exists, so that a client never has to try again."""
        listeners = {}
        for port, name in enumerate(protocol.CHANNELS, start=1):
            address = Path(f"{self.connection_info['ip']}-{port}")
            address.unlink(missing_ok=True)  # A restart listens where its clients know it.
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(str(address))
            listener.listen(16)
            listeners[name] = listener
        return listeners

    def _start_cold(self) -> socket.socket:
        """A connection to a new interpreter that keeps this kernel, and nothing else."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        folder = environment.runtime_folder()
        with theirs, open(folder / "cold.log", "ab") as log:
            self._launcher = subprocess.Popen(
                [sys.executable, "-P", "-m", "autograder.kernels.jupyter.cold", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=folder,
                env=environment.parent_variables(folder),
                pass_fds=[theirs.fileno()],
            )
        return ours

    @property
    def level(self) -> str | None:
        """The walls around the kernel, once it has answered: a value of `level.Level`; None for none."""
        self._hear()
        return self._level

    def _hear(self) -> None:
        """Take in what the keeper has said since."""
        while self._link is not None and self._status is None:
            try:
                message = protocol.receive(self._link)
            except BlockingIOError:
                return
            except ConnectionError:
                message = None
            if message is None:
                self._cause, self._status = self._cause or "keeper lost", 1
            elif message["event"] == "started":
                self.pid, self._level = message["pid"], message["level"]
            elif message["event"] == "failed":
                self._cause, self._status = f"not started: {message['reason']}", 1
                self.log.error("The kernel did not start: %s", message["reason"])
            elif message["event"] == "died":
                self._cause = message["cause"]
                self._status = os.waitstatus_to_exitcode(message["status"])

    async def poll(self) -> int | None:
        self._hear()
        return 0 if self._link is None else self._status

    async def wait(self) -> int | None:
        while (status := await self.poll()) is None:
            await asyncio.sleep(0.002)
        self._hang_up()
        return status

    async def send_signal(self, signum: int) -> None:
        if self._link is not None and await self.poll() is None:
            with contextlib.suppress(OSError):  # It ended meanwhile.
                protocol.send(self._link, signal=signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and all its processes; returns when none is left."""
        await self.send_signal(signal.SIGKILL)
        if self._link is not None:
            await self.wait()

    async def terminate(self, restart: bool = False) -> None:
        # There is nothing to save: what a kernel leaves behind is never read.
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        self._hang_up()
        if self._folder is not None and not restart:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _hang_up(self) -> None:
        if self._link is not None:
            self._hear()
            self._link.close()
            self._link = None
        if self._launcher is not None:
            self._launcher.wait()  # It ends when it has said that its kernel died, or we hang up.
            self._launcher = None

    def get_shutdown_wait_time(self, recommended: float = 5.0) -> float:
        return 0.0 if self.walled else recommended


class ColdProvisioner(LocalProvisioner):
    """The ordinary local kernel, for systems where nothing forks safely. No walls."""

    _cause: str | None = None

    def death(self) -> str | None:
        """As WarmProvisioner.death; only 'exit N' and 'signal N' can be told here."""
        return self._cause

    async def poll(self) -> int | None:
        status = await super().poll()
        if self.process is not None and status is not None:
            self._cause = f"exit {status}" if status >= 0 else f"signal {-status}"
        return status


async def _answers(link: socket.socket) -> bool:
    """Whether the keeper takes the request on. KernelNotStarted after _ANSWER_SECONDS."""
    loop = asyncio.get_running_loop()
    link.setblocking(False)
    try:
        packet = await asyncio.wait_for(loop.sock_recv(link, 1024), _ANSWER_SECONDS)
    except TimeoutError:
        raise KernelNotStarted(f"no answer within {_ANSWER_SECONDS:.0f} s") from None
    except ConnectionError:
        return False
    return bool(packet)

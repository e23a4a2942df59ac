"""Kernel managers for grading, ready for `nbclient.NotebookClient(notebook, km=...)`."""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec

from autograder.kernels.jupyter.provisioner import ColdProvisioner, WarmProvisioner
from autograder.kernels.limits import Limits

_GRADED = "--IPKernelApp.kernel_class=autograder.kernels.warm.shell.GradedKernel"


class GradingClient(AsyncKernelClient):
    """A client that does not wait where there is nothing to wait for."""

    def start_channels(
        self, shell: bool = True, iopub: bool = True, stdin: bool = True, hb: bool = False,
        control: bool = True,
    ) -> None:  # fmt: skip
        # The keeper says when the kernel dies: no heartbeat, and no thread for it.
        super().start_channels(shell, iopub, stdin, hb, control)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Until the kernel answers and its output reaches us. RuntimeError if it does not.

        jupyter_client's own waits 0.2 s more for output that a new kernel never sends.
        """
        deadline = time.monotonic() + (timeout or float("inf"))
        asked = self.kernel_info()
        await self._wait_for(self.iopub_channel, "the output channel", deadline, None)
        reply = await self._wait_for(self.shell_channel, "kernel_info", deadline, asked)
        self._handle_kernel_info_reply(reply)

    async def _wait_for(self, channel: Any, what: str, deadline: float, parent: str | None) -> dict[str, Any]:
        """The next message of `channel`, of those that answer `parent` if one is given."""
        while time.monotonic() < deadline:
            try:
                message = await channel.get_msg(timeout=0.1)
            except Empty:
                if not await self._async_is_alive():
                    why = self.parent.death()
                    raise RuntimeError(f"Kernel died before {what} was ready: {why}") from None
                continue
            if parent is None or message["parent_header"].get("msg_id") == parent:
                return message
        raise RuntimeError(f"Kernel did not get {what} ready in time")


class GradingManager(AsyncKernelManager):
    """Ends its kernel at once: a graded kernel has nothing to save."""

    client_factory = GradingClient

    async def _async_shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        if self.has_kernel:
            await self.provisioner.kill(restart)
        await self._async_cleanup_resources(restart=restart)

    shutdown_kernel = _async_shutdown_kernel

    @property
    def level(self) -> str | None:
        """The walls around a kernel that has answered, a value of `level.Level`; None for none."""
        return getattr(self.provisioner, "level", None)

    def death(self) -> str | None:
        """Why the kernel ended (see `WarmProvisioner.death`), or None."""
        return self.provisioner.death() if self.provisioner else None


def kernel_manager(
    scratch: Path | None = None,
    *,
    readable: tuple[Path, ...] = (),
    hidden: tuple[Path, ...] = (),
    limits: Limits | None = None,
    warm: bool = True,
    walled: bool = True,
    variables: dict[str, str] | None = None,
) -> GradingManager:
    """A manager of one kernel that is not started yet.

    scratch: a folder whose files the kernel's working directory starts with; None for an empty
        one. Within the walls it is a copy in memory: the folder itself is never written. Without
        walls it is the working directory.
    readable: files and folders to show, read-only, at their own paths.
    hidden: what must stay hidden although it lies in a shown folder.
    variables: environment variables to add to the few that a kernel gets.
    On systems other than Linux the kernel starts cold and has no walls, whatever is asked for;
    `isolation()` says so.
    """
    limits = limits or Limits()
    if sys.platform != "linux":
        return _local_manager(scratch)
    manager = _empty_manager()
    manager.provisioner = WarmProvisioner(
        parent=manager,
        kernel_spec=manager.kernel_spec,
        warm=warm,
        walled=walled,
        scratch=str(scratch or ""),
        readable=[str(path) for path in readable],
        hidden=[str(path) for path in hidden],
        limits=dataclasses.asdict(limits),
        variables=variables or {},
    )
    return manager


def _empty_manager() -> GradingManager:
    manager = GradingManager(kernel_name="autograder")
    # In memory: nothing needs to be installed to grade.
    manager._kernel_spec = KernelSpec(
        # -P: a submitted ipykernel_launcher.py does not replace the kernel.
        argv=[sys.executable, "-P", "-m", "ipykernel_launcher", "-f", "{connection_file}", _GRADED],
        display_name="Autograder",
        language="python",
    )
    return manager


def _local_manager(scratch: Path | None) -> GradingManager:
    manager = _empty_manager()
    manager.provisioner = ColdProvisioner(parent=manager, kernel_spec=manager.kernel_spec, folder=str(scratch or ""))
    return manager

"""The proxy in front of the hub: JupyterHub's own, from npm, in the versions of package-lock.json."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_COMMAND = Path("node_modules", ".bin", "configurable-http-proxy")
_LOCK = "package-lock.json"
_LEAST_NODE = 20


class NoProxy(Exception):
    """The proxy cannot be had; the message says what to do."""


def install_proxy(folder: Path) -> Path:
    """Install the proxy into a folder unless it is there in this version; return its command. NoProxy if it fails."""
    command, lock = folder / _COMMAND, Path(__file__).with_name(_LOCK)
    if shutil.which("node") is None:
        raise NoProxy(
            f"JupyterHub's proxy needs Node.js {_LEAST_NODE} or newer with npm, and there is none here. Install it "
            "(`apt-get install nodejs npm`, or from nodejs.org), then call this again."
        )
    if command.exists() and (folder / _LOCK).exists() and (folder / _LOCK).read_bytes() == lock.read_bytes():
        return command
    if (npm := shutil.which("npm")) is None:
        raise NoProxy("JupyterHub's proxy comes from npm, and npm is not here. Install it: `apt-get install npm`.")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", _LOCK):
        shutil.copyfile(lock.with_name(name), folder / name)
    done = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, capture_output=True, text=True
    )
    if done.returncode or not command.exists():
        (folder / _LOCK).unlink(missing_ok=True)
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[:4])
        raise NoProxy(f"npm could not install JupyterHub's proxy. It said:\n{said}\nIs this machine online?")
    return command

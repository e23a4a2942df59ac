"""One call of `autograder workshop`: look at what is there, start the hub, say the addresses, stay until it ends."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import portalocker
import psutil

from autograder.course import Course
from autograder.workshop.codes import LEAST, new_code
from autograder.workshop.exchange import prepare_exchange
from autograder.workshop.names import OddName, read_names
from autograder.workshop.proxy import NoProxy, install_proxy
from autograder.workshop.settings import SETTINGS, Settings

LEAST_DISK = 1024  # MiB that must be free
_SECONDS_TO_START = 90
_MOST_RESTARTS = 5
_PARTS = ("containers", "proxy")


class CannotStart(Exception):
    """The workshop cannot start; the message says why and what to do."""


@dataclass(frozen=True)
class Options:
    """What the command line asks for; memory and disk in MiB for each learner."""

    address: str = "127.0.0.1"
    port: int = 8000
    certificate: Path | None = None
    key: Path | None = None
    names: Path | None = None
    code: str = ""
    accounts: str = "codes"
    memory: int = 2048
    processes: int = 512
    disk: int = 1024


def workshop(course: Course, options: Options, say: Callable[[str], None]) -> None:
    """Run a workshop until it is stopped; where one runs already, only say its addresses. Raise CannotStart."""
    _look_at_machine()
    folder = course.work / "workshop"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        with portalocker.Lock(folder / "lock", "a", flags=portalocker.LOCK_EX | portalocker.LOCK_NB):
            _start(course, options, folder, say)
    except portalocker.LockException:
        say("The workshop runs already.")
        _wait_for(lambda: (folder / "settings.json").exists(), 5)
        say(addresses(Settings.load(folder / "settings.json")))
    except OSError as error:
        raise CannotStart(f"The workshop could not write what it must keep: {error}. Nothing was lost.") from None


def addresses(settings: Settings) -> str:
    """Return what the instructor needs to know, to read out and to keep."""
    url = settings.url
    lines = ["", f"  learners    {url}"]
    if settings.accounts == "system":
        lines.append("              sign in with an account of this machine")
        lines += ["", f"  instructor  {url}services/room/", "              sign in with your own account", ""]
    else:
        who = "a name on the list" if settings.names else "any name"
        lines.append(f"              sign in with {who} and the code of the day:  {settings.code}")
        lines += ["", f"  instructor  {url}services/room/"]
        who = f"sign in as {settings.instructor} with this code, for you alone:"
        lines += [f"              {who}  {settings.instructor_code}", ""]
    if not settings.certificate and settings.address not in ("127.0.0.1", "::1", "localhost"):
        lines.append("Without --certificate and --key, codes and answers cross the network unencrypted.")
    lines.append("Control+C ends the workshop. What learners made stays, and is there when it starts again.")
    return "\n".join(lines)


def _start(course: Course, options: Options, folder: Path, say: Callable[[str], None]) -> None:
    end_left_over(course)
    settings = make_settings(course, options)
    try:
        install_proxy(folder / "proxy")
    except NoProxy as error:
        raise CannotStart(str(error)) from None
    prepare_exchange(settings)
    path = settings.save()
    Hub(settings, path, say).run()


def make_settings(course: Course, options: Options) -> Settings:
    """Check what was asked for, and choose the rest: codes, and ports of the parts. Raise CannotStart."""
    from autograder.release import nbgrader_config

    _check_numbers(options)
    _check_port(options.address, options.port)
    certificate, key = _certificate(options)
    try:
        names = read_names(options.names) if options.names else None
    except OddName as error:
        raise CannotStart(str(error)) from None
    except OSError as error:
        raise CannotStart(f"Expected a list of names, one a line, in {options.names}: {error.strerror}.") from None
    free = shutil.disk_usage(course.work).free >> 20
    if free < LEAST_DISK:
        raise CannotStart(f"Expected {LEAST_DISK} MB free for what learners make, found {free} MB. Make room first.")
    if not any(course.lessons.glob("*/*.ipynb")):
        raise CannotStart("Expected lessons to hand out in lessons/, found none. `autograder lessons` makes them.")
    before = _settings_of_today(course)
    ports = free_ports(3)
    return Settings(
        course=str(course.root),
        course_id=str(nbgrader_config(course).CourseDirectory.course_id or "course"),
        address=options.address,
        port=options.port,
        hub_port=ports[0],
        proxy_port=ports[1],
        room_port=ports[2],
        code=options.code or (before.code if before else new_code()),
        instructor_code=before.instructor_code if before else f"{new_code()}-{new_code()}",
        day=date.today().isoformat(),
        owner=_owner(course),
        names=names,
        accounts=options.accounts,
        certificate=certificate,
        key=key,
        memory=options.memory,
        processes=options.processes,
        disk=options.disk,
    )


def _owner(course: Course) -> tuple[int, int]:
    """Return the (user, group) ids to whom the course's folder belongs; root's where that is no account here."""
    about = course.root.stat()
    try:
        pwd.getpwuid(about.st_uid)
    except KeyError:
        return 0, 0
    return about.st_uid, about.st_gid


def free_ports(number: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens to."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Hub:
    """JupyterHub as a process of its own, started again should it be killed."""

    def __init__(self, settings: Settings, path: Path, say: Callable[[str], None]) -> None:
        self.settings = settings
        self.say = say
        self.log = settings.folder / "hub.log"
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ},
            **{"HOME": str(settings.folder), SETTINGS: str(path)},
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        }
        self.stopping = False

    def run(self) -> None:
        """Start the hub, say the addresses, stay until it ends; raise CannotStart where it does not come up."""
        self.process = self._start()
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            self._wait_until_up()
            self.say(addresses(self.settings))
            for _ in range(_MOST_RESTARTS):
                status = self.process.wait()
                if self.stopping or status == 0:
                    return
                self.say("The hub ended unexpectedly and is started again; learners' servers went on, nothing is lost.")
                self.process = self._start()
                self._wait_until_up()
            raise CannotStart(f"The hub ended {_MOST_RESTARTS} times. Its last words:\n{self._last_words()}")
        finally:
            self._end()

    def _start(self) -> subprocess.Popen:
        command = [sys.executable, "-m", "jupyterhub", "-f", str(Path(__file__).with_name("hub_config.py"))]
        with open(self.log, "a") as log:
            return subprocess.Popen(
                command, cwd=self.settings.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def _wait_until_up(self) -> None:
        address = "127.0.0.1" if self.settings.address in ("0.0.0.0", "::", "") else self.settings.address
        scheme = "https" if self.settings.certificate else "http"
        url = f"{scheme}://{address}:{self.settings.port}/hub/health"
        if not _wait_for(lambda: self.process.poll() is not None or answers(url), _SECONDS_TO_START):
            raise CannotStart(
                f"The hub did not answer in {_SECONDS_TO_START} seconds. Its last words:\n{self._last_words()}"
            )
        if self.process.poll() is not None and not self.stopping:
            raise CannotStart(f"The hub could not start. Its last words:\n{self._last_words()}")

    def _last_words(self) -> str:
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return "\n".join([line for line in lines if line.strip() and not line.startswith(" ")][-6:])

    def _stop(self, *_) -> None:
        self.stopping = True
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()

    def _end(self) -> None:
        if self.process.poll() is None:
            self._stop()
            self.say("Stopping: learners' servers end, their work is kept.")
            try:
                self.process.wait(90)
            except subprocess.TimeoutExpired:
                self.process.kill()
        end_left_over(Course(Path(self.settings.course)))


def end_left_over(course: Course) -> None:
    """End what a workshop of this course left running when it was killed; wait until it has ended."""
    folder = str(course.work / "workshop")
    left = [each for each in psutil.process_iter() if each.pid != os.getpid() and _belongs(each, course, folder)]
    for each in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.terminate()
    for each in psutil.wait_procs(left, timeout=15)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()


def _belongs(process: psutil.Process, course: Course, folder: str) -> bool:
    """Tell whether a process is a hub, proxy, room, keeper or instructor's server of this course's workshop."""
    with contextlib.suppress(psutil.Error, OSError):
        words = process.cmdline()
        ours = (f"--ServerApp.root_dir={course.root}", *(f"{folder}/{part}/" for part in _PARTS))
        if any(word.startswith(ours) for word in words):
            return True
        return process.environ().get(SETTINGS, "").startswith(folder)
    return False


def answers(url: str) -> bool:
    """Whether a hub answers at an address, whoever signed its certificate."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting))
    try:
        with urllib.request.build_opener(*handlers).open(url, timeout=5) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def _look_at_machine() -> None:
    if platform.system() != "Linux":
        raise CannotStart("A workshop runs on Linux, whose containers keep learners apart; this is another system.")
    if os.geteuid() != 0:
        raise CannotStart("Each learner gets a container of their own, which only root can make: `sudo make workshop`.")
    if importlib.util.find_spec("jupyterhub") is None:
        raise CannotStart("JupyterHub is not installed here. `make workshop` installs it, then starts the workshop.")


def _check_numbers(options: Options) -> None:
    for name, least in (("memory", 512), ("processes", 64), ("disk", 64)):
        if getattr(options, name) < least:
            raise CannotStart(f"Expected --{name} of {least} or more, got {getattr(options, name)}.")
    if not 1 <= options.port <= 65535:
        raise CannotStart(f"Expected a --port from 1 to 65535, got {options.port}.")
    bare = "".join(filter(str.isalnum, options.code))
    if options.code and len(bare) < LEAST:
        raise CannotStart(f"Expected a --code of {LEAST} letters and digits or more, so that none guesses it.")


def _check_port(address: str, port: int) -> None:
    try:
        found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        raise CannotStart(f"Expected an address of this machine, got {address!r}. 0.0.0.0 means all of them.") from None
    with socket.socket(found[0][0]) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(found[0][4])
        except OSError as error:
            raise CannotStart(
                f"Port {port} of {address} cannot be had ({error.strerror}). Name another: --port {port + 1}."
            ) from None


def _certificate(options: Options) -> tuple[str, str]:
    if not options.certificate and not options.key:
        return "", ""
    if not options.certificate or not options.key:
        raise CannotStart("HTTPS needs both --certificate FILE and --key FILE.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(options.certificate, options.key, password="")
    except (OSError, ssl.SSLError) as error:
        raise CannotStart(
            f"Expected a certificate and its key, unlocked, in PEM form in {options.certificate} and {options.key}: "
            f"{getattr(error, 'reason', None) or error.strerror}."
        ) from None
    return str(options.certificate.resolve()), str(options.key.resolve())


def _settings_of_today(course: Course) -> Settings | None:
    """Return what the last workshop was started with, if that was today: its codes are still in use."""
    try:
        before = Settings.load(course.work / "workshop" / "settings.json")
    except (OSError, ValueError):
        return None
    return before if before.day == date.today().isoformat() else None


def _wait_for(what: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not (done := what()) and time.monotonic() < end:
        time.sleep(0.2)
    return done

"""Who may come in: a name and the code of the day, without an account and without e-mail."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque

from jupyterhub.auth import Authenticator
from tornado import web
from traitlets import Instance

from autograder.workshop.codes import same_code
from autograder.workshop.learners import Learners
from autograder.workshop.names import OddName, account_name
from autograder.workshop.settings import Settings
from autograder.workshop.told import tell

_COOKIE = "workshop-name"
_WINDOW = 600  # seconds for which a wrong code is held against an address
_LONGEST_DELAY = 10.0  # seconds
_TOLD_FROM = 5


class CodeAuthenticator(Authenticator):
    """The code of the day lets a name in once; from then on the name belongs to that browser, or to its own code.

    Everybody in the room knows the code of the day, so it must not open what somebody else has begun.
    """

    settings = Instance(Settings).tag(config=True)

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.learners = Learners(self.settings.folder)
        self.wrong: dict[str, deque[float]] = defaultdict(deque)

    def normalize_username(self, username: str) -> str:
        """Return the account of a name; one that cannot be an account is refused later, with words."""
        try:
            return account_name(username)
        except OddName:
            return ""

    def validate_username(self, username: str) -> bool:
        """Any account that `account_name` makes will do."""
        return bool(username)

    async def authenticate(self, handler, data: dict[str, str]):
        """Return the account, or refuse with a sentence that says what to do."""
        shown, said = data.get("username", ""), data.get("password", "")
        try:
            name = account_name(shown)
        except OddName as error:
            raise web.HTTPError(403, str(error)) from None
        if name == self.settings.instructor:
            if not same_code(said, self.settings.instructor_code):
                await self._refuse(handler, name, "That is not the instructor's code.")
            return name
        known = self.learners.read().get(name)
        if known and same_code(said, known.code):
            return self._welcome(handler, name)
        if not same_code(said, self.settings.code):
            await self._refuse(
                handler, name, "That is not the code of the day. It stands where the instructor shows it."
            )
        if self.settings.names and name not in self.settings.names:
            raise web.HTTPError(
                403, f"{shown!r} is not on the list of this workshop. Write your name as you signed up, or ask."
            )
        if known and handler.get_secure_cookie(_COOKIE) != name.encode():
            await self._refuse(
                handler,
                name,
                f"Somebody is here as {name} already. If that is you, write your own code instead of the code of the "
                "day: it is in your file your_code.txt, and your instructor has it. If not, add a letter to your name.",
            )
        self.learners.add(name, (self.settings.names or {}).get(name, shown.strip()))
        return self._welcome(handler, name)

    def _welcome(self, handler, name: str) -> str:
        secure = handler.request.protocol == "https"
        handler.set_secure_cookie(_COOKIE, name, httponly=True, secure=secure, samesite="Lax")
        return name

    async def _refuse(self, handler, name: str, sentence: str) -> None:
        """Answer a wrong code, the later the more there were from this address; a right one never waits."""
        address = handler.request.remote_ip
        times = self.wrong[address]
        times.append(time.monotonic())
        while times and times[0] < time.monotonic() - _WINDOW:
            times.popleft()
        if len(times) >= _TOLD_FROM and len(times) % _TOLD_FROM == 0:
            what = f"{len(times)} wrong codes in {_WINDOW // 60} minutes from {address}, the last for the name {name}."
            self.log.warning(what)
            tell(self.settings.folder, name, what)
        await asyncio.sleep(min(0.5 * 2 ** (len(times) - 1), _LONGEST_DELAY))
        raise web.HTTPError(403, sentence)

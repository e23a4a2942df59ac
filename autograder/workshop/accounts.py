"""Signing in with the machine's own accounts and passwords (PAM), where the instructor asks for it."""

from __future__ import annotations

import pwd

from jupyterhub.auth import PAMAuthenticator
from traitlets import Instance

from autograder.workshop.learners import Learners
from autograder.workshop.settings import Settings


class SystemAuthenticator(PAMAuthenticator):
    """An account of the machine. Who owns the course's folder is the instructor; root and services stay out."""

    settings = Instance(Settings).tag(config=True)

    async def authenticate(self, handler, data: dict[str, str]):
        """Return the account whose password this is, None otherwise."""
        found = await super().authenticate(handler, data)
        name = found["name"] if isinstance(found, dict) else found
        if not name:
            return None
        account = pwd.getpwnam(name)
        if account.pw_uid == self.settings.owner[0]:
            return self.settings.instructor
        if (
            account.pw_uid < 1000
            or name == self.settings.instructor
            or (self.settings.names and name not in self.settings.names)
        ):
            self.log.warning("%s has an account here, but not in this workshop.", name)
            return None
        Learners(self.settings.folder).add(name, account.pw_gecos.split(",")[0] or name, account.pw_uid)
        return name

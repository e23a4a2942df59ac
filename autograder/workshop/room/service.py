"""The room as a service of the hub: learners' servers tell it tries, the instructor's browser shows it."""

from __future__ import annotations

import json
import secrets
import shutil
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from jupyterhub.utils import url_path_join
from tornado import web

from autograder.exercise.library import UnknownExercise, find
from autograder.workshop.learners import Learners
from autograder.workshop.room.tries import Place, Tries
from autograder.workshop.settings import Settings
from autograder.workshop.told import told

_OUTCOMES = ("right", "partly right", "wrong")
_MOST_BYTES = 2000
_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def make_app(settings: Settings, tries: Tries, prefix: str) -> web.Application:
    """Return the service; `prefix` is where the hub shows it, e.g. "/services/room/"."""
    about = {"settings": settings, "tries": tries}
    return web.Application(
        [
            (url_path_join(prefix, "event"), Event, about),
            (url_path_join(prefix, "oauth_callback"), HubOAuthCallbackHandler),
            (prefix + "?", Page, about),
        ],
        cookie_secret=secrets.token_bytes(32),
    )


class _Handler(HubOAuthenticated, web.RequestHandler):
    def initialize(self, settings: Settings, tries: Tries) -> None:
        self.hub_settings = settings
        self.tries = tries
        super().initialize()


class Event(_Handler):
    """Where `check` tells what was tried, with the token of the learner's own server: so nobody speaks for another."""

    @web.authenticated
    def post(self) -> None:
        """Keep one try: {"exercise": ..., "outcome": ..., "misconception": ...}, all of them words of the course."""
        try:
            exercise, outcome, misconception = read_try(self.request.body)
        except ValueError as error:
            raise web.HTTPError(400, str(error)) from None
        self.tries.add(self.get_current_user()["name"], exercise, outcome, misconception)
        self.set_status(204)

    @web.authenticated
    def delete(self) -> None:
        """Forget the learner, who has left the room."""
        self.tries.forget(self.get_current_user()["name"])
        self.set_status(204)


class Page(_Handler):
    """The instructor's page."""

    @web.authenticated
    def get(self) -> None:
        """Show the room; `?names=hidden` for the projector."""
        if not self.get_current_user().get("admin"):
            raise web.HTTPError(403, "This page is the instructor's.")
        nonce = secrets.token_urlsafe(16)
        self.set_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        )
        self.set_header("Cache-Control", "no-store")
        hidden = self.get_query_argument("names", "") == "hidden"
        self.finish(room_page(self.hub_settings, self.tries, hidden, nonce))


def read_try(body: bytes) -> tuple[str, str, str]:
    """Return (exercise, outcome, misconception); raise ValueError for any word that the course does not know."""
    if len(body) > _MOST_BYTES:
        raise ValueError(f"Expected at most {_MOST_BYTES} bytes, got {len(body)}.")
    try:
        found = json.loads(body)
        words = tuple(found[key] for key in ("exercise", "outcome", "misconception"))
        exercise = find(words[0])
    except (ValueError, KeyError, TypeError, UnknownExercise):
        raise ValueError("Expected an exercise of this course, an outcome and a misconception.") from None
    known = ["", *(each.name for each in exercise.misconceptions)]
    if words[1] not in _OUTCOMES or words[2] not in known:
        raise ValueError(f"Expected an outcome and a misconception of {exercise.name}.")
    return words


def room_page(settings: Settings, tries: Tries, hidden: bool, nonce: str) -> str:
    """Return the page as HTML."""
    learners = Learners(settings.folder).read()
    places = tries.places()
    numbers = {name: f"learner {number}" for number, name in enumerate(sorted(learners), 1)}

    def shown(name: str) -> str:
        if hidden:
            return numbers.get(name, "a learner")
        return learners[name].shown if name in learners else name

    return _PAGES.get_template("room.html").render(
        settings=settings,
        hidden=hidden,
        nonce=nonce,
        shown=shown,
        learners=learners,
        stuck=[place for place in places if place.stuck],
        places=_in_order(places, shown),
        shares=tries.shares(),
        misconceptions=tries.misconceptions(),
        joined={place.name for place in places},
        told=[] if hidden else told(settings.folder),
        free=shutil.disk_usage(settings.folder).free >> 20,
    )


def _in_order(places: list[Place], shown) -> list[Place]:
    return sorted(places, key=lambda place: shown(place.name).casefold())

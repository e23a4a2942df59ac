"""Guessing codes: the later the answer the more wrong ones came before, and the instructor is told."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from tornado import web

authenticator = pytest.importorskip("autograder.workshop.authenticator", reason="No JupyterHub.")
start = pytest.importorskip("autograder.workshop.start")


@pytest.fixture
def waited(monkeypatch):
    """How long each refusal waited, in seconds, without waiting."""
    seconds = []

    async def sleep(time):
        seconds.append(time)

    monkeypatch.setattr(authenticator.asyncio, "sleep", sleep)
    return seconds


class Browser:
    """What of a request the authenticator looks at."""

    def __init__(self, address="10.0.0.1"):
        self.request = SimpleNamespace(remote_ip=address, protocol="http")
        self.cookies = {}

    def get_secure_cookie(self, name):
        return self.cookies.get(name)

    def set_secure_cookie(self, name, value, **_):
        self.cookies[name] = value.encode()


@pytest.fixture
def sign_in(tiny_course):
    from autograder.workshop.settings import Settings

    settings = Settings(str(tiny_course.root), "c", "127.0.0.1", 8000, 1, 2, 3, "code-code", "master-code", "d", (0, 0))
    settings.save()
    door = authenticator.CodeAuthenticator(settings=settings)

    def sign_in(name, code, browser=None):
        data = {"username": name, "password": code}
        return asyncio.run(door.authenticate(browser or Browser(), data))

    sign_in.settings = settings
    sign_in.door = door
    return sign_in


def refused(sign_in, *asked) -> str:
    with pytest.raises(web.HTTPError) as error:
        sign_in(*asked)
    return error.value.log_message


def test_guessing_is_answered_later_and_later_and_told(sign_in, waited):
    from autograder.workshop.told import told

    for number in range(8):
        refused(sign_in, "ada", f"guess{number}")
    assert waited == sorted(waited)
    assert waited[0] < 1 <= waited[-1] <= 10
    assert (
        "5 wrong codes in 10 minutes from 10.0.0.1, the last for the name ada."
        in told(sign_in.settings.folder)[0]["what"]
    )


def test_a_right_code_never_waits(sign_in, waited):
    for number in range(8):
        refused(sign_in, "ada", f"guess{number}")
    before = len(waited)
    assert sign_in("Ada", "CODE code") == "ada"
    assert len(waited) == before


def test_the_same_browser_comes_back_with_the_code_of_the_day_and_others_do_not(sign_in, waited):
    own = Browser()
    assert sign_in("Ada", "code-code", own) == "ada"
    assert sign_in("Ada", "code-code", own) == "ada"
    assert "Somebody is here as ada already" in refused(sign_in, "Ada", "code-code")
    assert sign_in("Ada", sign_in.door.learners.read()["ada"].code) == "ada"


def test_the_code_of_the_day_does_not_make_an_instructor(sign_in, waited):
    assert "instructor's code" in refused(sign_in, "Instructor", "code-code")
    assert sign_in("instructor", "master-code") == "instructor"
    assert "not the code of the day" in refused(sign_in, "ada", "master-code")


def test_who_is_not_on_the_list_is_told(sign_in, waited):
    from dataclasses import replace

    sign_in.door.settings = replace(sign_in.settings, names={"ada": "Ada"})
    assert sign_in("ADA", "code-code") == "ada"
    assert "not on the list" in refused(sign_in, "Bob", "code-code")


def test_two_learners_have_two_user_ids(sign_in, waited):
    for name in ("Ada", "Bob"):
        sign_in(name, "code-code")
    assert len({each.uid for each in sign_in.door.learners.read().values()}) == 2

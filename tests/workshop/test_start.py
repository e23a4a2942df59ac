"""What a workshop is asked for and cannot have is told in a sentence before anything starts."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from types import SimpleNamespace

import pytest
from here import needs_root

from autograder.course import Course

start = pytest.importorskip("autograder.workshop.start", reason="A workshop needs Linux.")


@pytest.fixture
def course(tiny_course):
    """The tiny course with a lesson to hand out."""
    (tiny_course.lessons / "01_tiny").mkdir(parents=True)
    shutil.copy(tiny_course.notebook("01_tiny"), tiny_course.lessons / "01_tiny")
    tiny_course.work.mkdir(exist_ok=True)
    return tiny_course


def free_port() -> int:
    return start.free_ports(1)[0]


def refused(course: Course, **asked) -> str:
    with pytest.raises(start.CannotStart) as error:
        start.make_settings(course, start.Options(**{"port": free_port(), **asked}))
    return str(error.value)


def test_by_default_only_this_machine_can_reach_it():
    assert start.Options().address == "127.0.0.1"


def test_a_port_in_use_is_told_with_one_to_try(course):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused(course, port=port)
    assert f"Port {port} of 127.0.0.1 cannot be had" in said
    assert f"--port {port + 1}" in said


@pytest.mark.parametrize(
    "asked, said",
    [
        ({"address": "no.such.machine.invalid"}, "Expected an address of this machine"),
        ({"port": 70000}, "Expected a --port from 1 to 65535"),
        ({"memory": 100}, "Expected --memory of 512 or more, got 100"),
        ({"processes": 1}, "Expected --processes of 64 or more"),
        ({"code": "ab-1"}, "Expected a --code of 6 letters and digits or more"),
    ],
)
def test_what_cannot_be_is_told(course, asked, said):
    assert said in refused(course, **asked)


def test_a_list_of_names_that_is_wrong_or_missing_is_told(course, tmp_path):
    names = tmp_path / "names.txt"
    assert "Expected a list of names" in refused(course, names=names)
    names.write_text("Ada\nada\n")
    assert "line 2" in refused(course, names=names)


def test_a_full_disk_is_told_before_it_loses_work(course, monkeypatch):
    monkeypatch.setattr(start.shutil, "disk_usage", lambda path: SimpleNamespace(free=10 << 20))
    assert "found 10 MB. Make room first." in refused(course)


def test_a_course_without_lessons_is_told(course):
    shutil.rmtree(course.lessons)
    assert "Expected lessons to hand out" in refused(course)


def test_a_certificate_needs_its_key_and_both_must_be_ones(course, tmp_path):
    one = tmp_path / "one.pem"
    one.write_text("no certificate")
    assert "both --certificate FILE and --key FILE" in refused(course, certificate=one)
    assert "Expected a certificate and its key" in refused(course, certificate=one, key=one)
    assert "Expected a certificate and its key" in refused(course, certificate=tmp_path / "none", key=one)


def test_a_certificate_of_ones_own_makes_it_https(course, tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("No openssl to make a certificate with: `apt-get install openssl`.")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run([openssl, *make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    asked = start.Options(port=free_port(), certificate=certificate, key=key)
    assert start.make_settings(course, asked).url.startswith("https://127.0.0.1:")


def test_the_same_day_keeps_its_codes_and_the_next_has_new_ones(course):
    first = start.make_settings(course, start.Options(port=free_port()))
    first.save()
    again = start.make_settings(course, start.Options(port=free_port()))
    assert (again.code, again.instructor_code) == (first.code, first.instructor_code)
    path = first.folder / "settings.json"
    path.write_text(path.read_text().replace(first.day, "2020-01-01"))
    assert start.make_settings(course, start.Options(port=free_port())).code != first.code


def test_settings_are_closed_to_others(course):
    path = start.make_settings(course, start.Options(port=free_port())).save()
    assert path.parent.stat().st_mode & 0o077 == 0


def test_the_network_without_https_is_warned_of(course):
    settings = start.make_settings(course, start.Options(port=free_port(), address="0.0.0.0"))
    assert "unencrypted" in start.addresses(settings)


def test_without_root_one_sentence_says_what_is_needed(course, monkeypatch):
    monkeypatch.setattr(start.os, "geteuid", lambda: 1000)
    with pytest.raises(start.CannotStart, match="sudo make workshop"):
        start.workshop(course, start.Options(), print)


@needs_root
def test_without_node_one_sentence_says_how_to_get_it(course, monkeypatch):
    pytest.importorskip("jupyterhub", reason="No JupyterHub.")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(start.CannotStart, match="apt-get install nodejs npm"):
        start.workshop(course, start.Options(port=free_port()), print)


@needs_root
def test_the_instructor_is_whom_the_folder_belongs_to(course):
    from autograder.workshop.exchange import prepare_exchange

    os.chown(course.root, 1, 1)  # daemon
    os.chown(course.work, 0, 0)
    settings = start.make_settings(course, start.Options(port=free_port()))
    assert settings.owner == (1, 1)
    prepare_exchange(settings)
    for path in (course.work, settings.exchange, settings.exchange / "outbound" / "01_tiny" / "tiny.ipynb"):
        assert path.stat().st_uid == 1

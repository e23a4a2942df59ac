"""A workshop from sign-in to feedback: eight learners at once, one who attacks, one whose server dies."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests
from here import AUTOGRADER, needs_root
from people import Person
from tiny import RIGHT

pytestmark = [needs_root, pytest.mark.timeout(400)]

LESSON, NOTEBOOK = "01_attention", "lessons/01_attention/attention.ipynb"
NAMES = ("Ada Lovelace", "Zoë Müller", "王伟", "O'Brien", "ñandú", "Ivan Ivanov", "Mallory", "Grace")
MALLORY, GRACE = 6, 7
WRONG = RIGHT["scores"].replace("key @ query", "query * key")


@pytest.fixture(scope="module")
def room(workshop):
    """Eight people who have signed in at once, with their servers up, in the order of NAMES."""
    people = [Person(workshop.url) for _ in NAMES]

    def come_in(person: Person, name: str) -> Person:
        assert person.sign_in(name, workshop.code).ok
        person.wait_for_server()
        return person

    with ThreadPoolExecutor(len(NAMES)) as pool:
        return list(pool.map(come_in, people, NAMES))


@pytest.fixture(scope="module")
def instructor(workshop):
    """The instructor, signed in, with the server up."""
    person = Person(workshop.url)
    person.sign_in("instructor", workshop.instructor_code)
    person.wait_for_server()
    return person


def together(room, what):
    with ThreadPoolExecutor(len(room)) as pool:
        return list(pool.map(what, room))


def answer(person: Person, source: str) -> None:
    """Write an answer into the cell of `scores`, as JupyterLab saves it."""
    notebook = person.get(f"api/contents/{NOTEBOOK}").json()["content"]
    cell = next(each for each in notebook["cells"] if each["metadata"].get("nbgrader", {}).get("grade_id") == "scores")
    cell["source"] = source
    saved = person.send(f"api/contents/{NOTEBOOK}", "PUT", json={"type": "notebook", "content": notebook})
    assert saved.status_code == 200, saved.text


def practise(person: Person) -> str:
    source = WRONG if person.name == "grace" else RIGHT["scores"]
    answer(person, source)
    start = "from autograder.practice import check, progress, room\nroom(True)"
    return person.run(f"{start}\n{source}\ncheck('scores')\nprogress('attention')")


def test_eight_learners_check_and_submit_at_once(room):
    shown = together(room, practise)
    for person, text in zip(room, shown, strict=True):
        expected = "products left unsummed" if person.name == "grace" else "scores: all right"
        assert expected in text, text
        assert ("✓ scores" in text) == (person.name != "grace")
    for said in together(room, lambda person: person.submit(LESSON)):
        assert said["success"], said


def test_the_room_shows_who_is_where_and_what_is_misunderstood(room, instructor):
    page = wait_for(lambda: shown_room(instructor), lambda text: text.count("minutes ago") and "8 in the room" in text)
    assert "Zoë Müller" in page
    assert re.search(r"scores.*products left unsummed.*>1<", page, re.DOTALL)
    hidden = shown_room(instructor, "?names=hidden")
    assert "learner 3" in hidden
    assert not any(name.split()[0] in hidden for name in NAMES[:3])
    assert instructor_code_is_absent(hidden)


def test_who_leaves_the_room_is_forgotten(room, instructor):
    room[0].run("from autograder.practice import room\nroom(False)\ncheck('scores')")
    assert "7 in the room" in shown_room(instructor)


def shown_room(person: Person, query: str = "") -> str:
    return person.web.get(f"{person.url}/services/room/{query}", timeout=60).text


def instructor_code_is_absent(page: str) -> bool:
    return "own code" not in page and "code of the day" not in page


def status(person: Person) -> int:
    """Return the status of one's server, 0 while the proxy is away."""
    try:
        return person.get("api/status").status_code
    except requests.ConnectionError:
        return 0


def wait_for(look, good, seconds: float = 30):
    end = time.monotonic() + seconds
    while not good(found := look()):
        assert time.monotonic() < end, found
        time.sleep(0.2)
    return found


ATTACK = textwrap.dedent(
    """
    import glob, json, os, pathlib, socket, urllib.request
    def tries(what):
        try:
            return str(what())
        except BaseException as error:
            return type(error).__name__
    def hub(path, url=os.environ["JUPYTERHUB_API_URL"]):
        token = {"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]}
        request = urllib.request.Request(url + path, headers=token)
        return urllib.request.urlopen(request, timeout=0.7).status
    listening = [line.split() for net in ("tcp", "tcp6") for line in open(f"/proc/net/{net}") if " 0A " in line]
    ports = [int(words[1].split(":")[1], 16) for words in listening if int(words[7]) > 40000]
    own = int(os.environ["JUPYTERHUB_SERVICE_URL"].split(":")[2].split("/")[0])
    secret = {"gradebook.db", "solutions", "cookie_secret", "settings.json", "hub.sqlite", "zoe-muller"}
    others = []
    for folder, folders, names in os.walk("/"):
        folders[:] = [] if folder in ("/proc", "/usr", "/sys") else [f for f in folders if f != "site-packages"]
        others += [f"{folder}/{name}" for name in folders + names if name in secret]
    print(json.dumps({
        "homes": os.listdir("/home"),
        "others": others,
        "inbox": os.listdir("/srv/exchange/attention/inbound"),
        "feedback": tries(lambda: os.listdir("/srv/exchange/attention/feedback")),
        "handed out": tries(lambda: open("/srv/exchange/attention/outbound/x", "w")),
        "lessons": tries(lambda: open("/srv/course/lessons/01_attention/attention.ipynb", "a")),
        "code": tries(lambda: open(__import__("autograder").__path__[0] + "/cli.py", "a")),
        "others' processes": [p for p in glob.glob("/proc/[0-9]*") if os.stat(p).st_uid != os.getuid()],
        "ports": [port for port in ports if port != own],
        "their servers": sorted({
            tries(lambda: hub("user/zoe-muller/api/contents", f"http://127.0.0.1:{port}/"))
            for port in ports if port != own
        }),
        "users": tries(lambda: hub("/users")),
        "another": tries(lambda: hub("/users/zoe-muller")),
        "root": tries(lambda: os.setuid(0)),
    }))
    """
)
FORGERY = textwrap.dedent(
    """
    import os, pathlib, shutil
    inbox = pathlib.Path("/srv/exchange/attention/inbound")
    def hand_in(name, hour="2020-01-01 00:00:00.000000 UTC"):
        folder = inbox / f"{name}+01_attention+{hour}+c2VjcmV0"
        folder.mkdir()
        shutil.copy(pathlib.Path.home() / "lessons/01_attention/attention.ipynb", folder)
        os.symlink("/etc/shadow", folder / "shadow.txt")
        (folder / "submission_secret.txt").write_text("s")
        (folder / "timestamp.txt").write_text(hour)
        folder.chmod(0o777)
    hand_in("zoe-muller")
    hand_in("mallory")
    """
)


def test_an_attacker_reaches_nothing_of_others(room, workshop):
    mallory = room[MALLORY]
    found = json.loads(mallory.run(ATTACK).splitlines()[-1])
    assert found["homes"] == ["mallory"]
    assert found["others"] == []
    assert found["inbox"] == []
    assert found["feedback"] == "PermissionError"
    assert {found["handed out"], found["lessons"], found["code"]} <= {"OSError", "PermissionError"}  # to read only
    assert found["others' processes"] == []
    assert set(found["their servers"]) <= {"HTTPError", "TimeoutError"}
    assert found["users"] == found["another"] == "HTTPError"
    assert found["root"] == "PermissionError"
    for path in ("api/contents", "api/kernels", "lab", f"files/{NOTEBOOK}"):
        assert mallory.get(path, owner="zoe-muller").status_code == 403
    assert mallory.get("formgrader", owner="instructor").status_code == 403
    assert mallory.get("formgrader").status_code == 404
    assert mallory.web.get(f"{workshop.url}services/room/").status_code == 403


LISTEN = textwrap.dedent(
    """
    import time, zmq
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.subscribe(b"")
    listening = [line.split() for line in open("/proc/net/tcp") if " 0A " in line]
    for words in listening:
        if int(words[7]) > 40000 and int(words[7]) != os.getuid():
            socket.connect(f"tcp://127.0.0.1:{int(words[1].split(':')[1], 16)}")
    print("listening", flush=True)
    end, heard = time.time() + 4, []
    while time.time() < end:
        if socket.poll(200):
            heard += socket.recv_multipart()
    print("heard", heard)
    """
)


def test_nobody_hears_what_anothers_kernel_prints(room):
    with ThreadPoolExecutor(2) as pool:
        heard = pool.submit(room[MALLORY].run, LISTEN)
        said = pool.submit(room[1].run, "import time\nfor _ in range(20):\n    print('secret')\n    time.sleep(0.1)")
        assert "secret" in said.result()
    assert heard.result().splitlines()[-1] == "heard []"


def test_nobody_signs_in_as_somebody_else(room, workshop):
    stranger = Person(workshop.url)
    page = stranger.sign_in("zoë müller", workshop.code)
    assert page.status_code == 403
    assert "Somebody is here as zoe-muller already" in page.text
    assert stranger.sign_in("instructor", workshop.code).status_code == 403
    assert "not the code of the day" in stranger.sign_in("New", "wrong-code").text


def test_ones_own_code_opens_another_browser(room, workshop):
    code = re.search(r"own code:\s+(\S+)", room[1].run("print(open('/home/zoe-muller/your_code.txt').read())"))[1]
    elsewhere = Person(workshop.url)
    assert elsewhere.sign_in("Zoe Muller", code.upper()).ok
    assert elsewhere.get("api/status").ok


def test_nobody_hands_in_for_another_or_at_an_earlier_hour(room, workshop, instructor):
    inbound = workshop.root / "work/exchange/attention/inbound"
    before = set(os.listdir(inbound))
    room[MALLORY].run(FORGERY)
    wait_for(lambda: room[MALLORY].run("print(os.listdir(inbox))"), lambda text: text.strip() == "[]")
    fresh = set(os.listdir(inbound)) - before
    assert [name.split("+")[0] for name in fresh] == ["mallory"]
    (taken,) = fresh
    assert "2020-01-01" not in taken
    assert sorted(os.listdir(inbound / taken)) == ["attention.ipynb", "submission_secret.txt", "timestamp.txt"]
    shutil.rmtree(inbound / taken)
    assert "it was handed in for zoe-muller" in shown_room(instructor)


def test_memory_processes_and_disk_of_one_are_capped(room):
    mallory = room[MALLORY]
    assert "MemoryError" in mallory.run("b = bytearray(4 << 30)")
    bomb = """
        import os, time
        try:
            for _ in range(2000):
                if os.fork() == 0:
                    time.sleep(3)
                    os._exit(0)
        except OSError as error:
            print(type(error).__name__, flush=True)
    """
    call = f"subprocess.check_output([sys.executable, '-c', {textwrap.dedent(bomb)!r}], text=True)"
    assert "BlockingIOError" in mallory.run(f"import subprocess, sys\nprint({call})")
    assert "OSError" in mallory.run("with open('/tmp/x', 'wb') as f: f.write(bytes(300 << 20))")
    mallory.run("import os; os.path.exists('/tmp/x') and os.unlink('/tmp/x')")
    assert together(room, status) == [200] * len(NAMES)


def test_a_server_that_dies_comes_back_with_the_work(room, workshop):
    grace = room[GRACE]
    grace.run("open('notes.txt', 'w').write('kept')")
    grace.kernel = ""
    containers = str(workshop.root / "work/workshop/containers")
    (server,) = [each for each in psutil.process_iter() if is_server_of(each, f"{containers}/grace.json")]
    os.kill(server.pid, signal.SIGKILL)
    server.wait(20)
    wait_for(lambda: status(grace), lambda found: found == 200)
    assert grace.run("print(open('notes.txt').read())").strip() == "kept"
    notebook = grace.get(f"api/contents/{NOTEBOOK}").json()["content"]
    assert WRONG in {cell["source"] for cell in notebook["cells"]}


def is_server_of(process: psutil.Process, container: str) -> bool:
    try:
        command, parent = process.cmdline(), process.parent()
        return (
            "jupyterhub.singleuser" in command
            and parent is not None
            and "keeper" not in " ".join(command)
            and container in parent.cmdline()
        )
    except psutil.Error:
        return False


def test_a_hub_that_is_killed_comes_back_and_loses_nothing(room, workshop):
    (hub,) = [each for each in psutil.Process(workshop.process.pid).children() if "jupyterhub" in each.cmdline()]
    hub.kill()
    wait_for(workshop.said.read_text, lambda text: "started again" in text)
    wait_for(lambda: together(room, status), lambda statuses: statuses == [200] * len(NAMES), 60)
    assert room[0].run("print(scores([1., 2.], __import__('numpy').eye(2)))").strip() == "[1. 2.]", "the kernel went on"


def test_a_second_call_finds_the_first(workshop):
    again = workshop.call_again()
    assert again.returncode == 0
    assert workshop.url in again.stdout and workshop.code in again.stdout


def test_the_instructor_collects_grades_and_gives_back(room, workshop, instructor):
    wait_for(lambda: status(instructor), lambda found: found == 200, 60)  # the hub was killed meanwhile
    collected = instructor.send(f"formgrader/api/assignment/{LESSON}/collect").json()
    assert collected["success"], collected
    submitted = workshop.root / "work/submitted"
    assert len(list(submitted.glob(f"*/{LESSON}/attention.ipynb"))) == len(NAMES)
    command = [*AUTOGRADER, "--course", str(workshop.root), "grade"]
    graded = subprocess.run(command, capture_output=True, text=True, timeout=200, env={**os.environ, "COLUMNS": "200"})
    assert graded.returncode == 0, graded.stdout + graded.stderr
    table = (workshop.root / "work/grades.csv").read_text()
    assert "王伟" in table
    released = instructor.send(f"formgrader/api/assignment/{LESSON}/release_feedback").json()
    assert released["success"], released
    for person, said in zip(room, together(room, lambda person: person.fetch_feedback(LESSON)), strict=True):
        assert said["success"], said
        pages = [page for page in Path(workshop.folder, "homes").glob(f"*/lessons/{LESSON}/feedback/*/attention.html")]
        own = [page for page in pages if page.relative_to(workshop.folder / "homes").parts[0] == owner(person)]
        assert len(own) == 1
        assert ("products left unsummed" in own[0].read_text()) == (person.name == "grace")


def owner(person: Person) -> str:
    from urllib.parse import unquote

    return unquote(person.name)

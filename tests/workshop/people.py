"""People at a workshop, over real HTTP: they sign in, run cells, submit, fetch feedback."""

from __future__ import annotations

import json
import re
import time
import uuid
from contextlib import closing

import requests
import websocket

SECONDS = 60


class Person:
    """One browser: its cookies, and the server that belongs to a name."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.web = requests.Session()
        self.web.trust_env = False
        self.web.verify = False
        self.name = ""
        self.kernel = ""

    def sign_in(self, name: str, code: str) -> requests.Response:
        """Fill in the form; return the page that came."""
        page = self.web.get(f"{self.url}/hub/login", timeout=SECONDS)
        form = {"username": name, "password": code, "_xsrf": self._xsrf("/hub/")}
        answer = self.web.post(page.url, data=form, timeout=SECONDS)
        if found := re.search(r"/(?:user|spawn-pending)/([^/?]+)", answer.url):
            self.name = found[1]
        return answer

    def wait_for_server(self, seconds: float = 120) -> None:
        """Wait until one's own server answers."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            page = self.web.get(f"{self.url}/user/{self.name}/lab", timeout=SECONDS)
            if page.ok and f"/user/{self.name}/lab" in page.url and self.get("api/status").ok:
                return
            time.sleep(0.3)
        raise AssertionError(f"{self.name}'s server did not come up: {page.status_code} {page.url}")

    def get(self, path: str, owner: str = "", **about) -> requests.Response:
        """Fetch from a server, one's own unless another's is named."""
        return self.web.get(f"{self.url}/user/{owner or self.name}/{path}", timeout=SECONDS, **about)

    def send(self, path: str, method: str = "POST", **about) -> requests.Response:
        """Send something to one's own server."""
        headers = {"X-XSRFToken": self._xsrf(f"/user/{self.name}/"), "Referer": f"{self.url}/user/{self.name}/lab"}
        url = f"{self.url}/user/{self.name}/{path}"
        return self.web.request(method, url, headers=headers, timeout=SECONDS, **about)

    def run(self, code: str, seconds: float = 60) -> str:
        """Run a cell in a kernel of one's own; return what it printed and showed, as text."""
        if not self.kernel:
            answer = self.send("api/kernels", json={"name": "python3", "path": "lessons/01_attention"})
            assert answer.status_code == 201, answer.text
            self.kernel = answer.json()["id"]
        cookies = {}
        for each in self.web.cookies:
            if each.path in ("/", f"/user/{self.name}/"):
                cookies[each.name] = each.value
        address = f"{self.url.replace('http', 'ws', 1)}/user/{self.name}/api/kernels/{self.kernel}/channels"
        jar = "; ".join(f"{name}={value}" for name, value in cookies.items())
        message = uuid.uuid4().hex
        header = {"msg_id": message, "msg_type": "execute_request", "username": "", "session": "s", "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": False}
        asked = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        with closing(websocket.create_connection(address, cookie=jar, timeout=seconds, origin=self.url)) as line:
            line.send(json.dumps(asked))
            line.settimeout(2)
            return _outputs(line, message, time.monotonic() + seconds)

    def submit(self, lesson: str) -> dict:
        """Press Submit; return what nbgrader answers."""
        return self.send("assignments/submit", data={"course_id": "attention", "assignment_id": lesson}).json()

    def fetch_feedback(self, lesson: str) -> dict:
        """Press Fetch Feedback; return what nbgrader answers."""
        return self.send("assignments/fetch_feedback", data={"course_id": "attention", "assignment_id": lesson}).json()

    def _xsrf(self, path: str) -> str:
        return next((each.value for each in self.web.cookies if each.name == "_xsrf" and each.path == path), "")


def _outputs(line: websocket.WebSocket, message: str, end: float) -> str:
    shown, idle, replied = [], False, False
    while not (idle and replied):
        assert time.monotonic() < end, f"The cell did not end. So far:\n{''.join(shown)}"
        try:
            found = json.loads(line.recv())
        except websocket.WebSocketTimeoutException:
            continue
        if found["content"].get("execution_state") in ("restarting", "dead"):
            return "".join([*shown, "The kernel died.\n"])
        if found["parent_header"].get("msg_id") != message:
            continue
        kind, content = found["msg_type"], found["content"]
        if kind == "stream":
            shown.append(content["text"])
        elif kind in ("execute_result", "display_data"):
            shown.append(content["data"].get("text/plain", "") + "\n")
        elif kind == "error":
            shown.append(f"{content['ename']}: {content['evalue']}\n")
        elif kind == "execute_reply":
            replied = True
        idle = idle or (kind == "status" and content["execution_state"] == "idle")
    return "".join(shown)

"""Start the room's service, as the hub asks."""

import os
import signal
from urllib.parse import urlparse

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop

from autograder.kernels.walls.linux import die_with_parent
from autograder.workshop.room.service import make_app
from autograder.workshop.room.tries import Tries
from autograder.workshop.settings import SETTINGS, Settings

if __name__ == "__main__":
    die_with_parent(signal.SIGTERM)  # a hub that is killed starts a new one, on the same port
    settings = Settings.load(os.environ[SETTINGS])
    app = make_app(settings, Tries(settings.folder / "tries.sqlite"), os.environ["JUPYTERHUB_SERVICE_PREFIX"])
    url = urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
    HTTPServer(app, max_body_size=4096).listen(url.port, url.hostname)
    IOLoop.current().start()

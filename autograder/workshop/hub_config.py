"""JupyterHub's configuration for a workshop; `autograder workshop` starts the hub with it."""

import os
import sys
from pathlib import Path

from autograder.workshop.authenticator import CodeAuthenticator
from autograder.workshop.settings import SETTINGS, Settings
from autograder.workshop.spawner import WorkshopSpawner

c = get_config()
settings = Settings.load(os.environ[SETTINGS])
here, folder = Path(__file__).parent, settings.folder

c.JupyterHub.bind_url = settings.url
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{settings.hub_port}"
c.JupyterHub.ssl_cert, c.JupyterHub.ssl_key = settings.certificate, settings.key
c.JupyterHub.db_url = f"sqlite:///{folder / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
c.JupyterHub.template_paths = [str(here / "templates")]
c.JupyterHub.concurrent_spawn_limit = 8
c.JupyterHub.implicit_spawn_seconds = 1
c.JupyterHub.load_roles = [
    # May tell the room; who may look at it, the room itself decides.
    {"name": "user", "scopes": ["self", "access:services!service=room"]},
]
c.JupyterHub.services = [
    {
        "name": "room",
        "url": f"http://127.0.0.1:{settings.room_port}",
        "command": [sys.executable, "-m", "autograder.workshop.room"],
        "environment": {SETTINGS: os.environ[SETTINGS]},
        "oauth_no_confirm": True,
    }
]

c.ConfigurableHTTPProxy.command = [str(folder / "proxy" / "node_modules" / ".bin" / "configurable-http-proxy")]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{settings.proxy_port}"
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")

c.Authenticator.admin_users = {settings.instructor}
c.Authenticator.allow_all = True  # who has the code; `authenticate` says who has not
if settings.accounts == "system":
    from autograder.workshop.accounts import SystemAuthenticator

    c.JupyterHub.authenticator_class = SystemAuthenticator
    c.SystemAuthenticator.settings = settings
    c.SystemAuthenticator.open_sessions = False
else:
    c.JupyterHub.authenticator_class = CodeAuthenticator
    c.CodeAuthenticator.settings = settings

c.JupyterHub.spawner_class = WorkshopSpawner
c.WorkshopSpawner.settings = settings
c.Spawner.env_keep = ["LC_ALL"]
c.Spawner.default_url = "/lab/tree/lessons/00_start/start.ipynb"
c.Spawner.server_token_scopes = ["users:activity!user", "access:servers!server", "access:services!service=room"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 180  # thirty at once on two cores
c.Spawner.poll_interval = 5

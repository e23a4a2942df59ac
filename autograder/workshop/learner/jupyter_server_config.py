"""A learner's server: kernels that nobody on this machine can listen to, and only the panels that are for them."""

import os

c = get_config()
c.ServerApp.root_dir = os.environ["HOME"]
c.ServerApp.cookie_secret_file = os.path.join(os.environ["HOME"], ".cookie_secret")  # a new server knows its browser
c.ServerApp.jpserver_extensions = {
    "nbgrader.server_extensions.formgrader": False,
    "nbgrader.server_extensions.course_list": False,
    "nbgrader.server_extensions.assignment_list": True,
    "nbgrader.server_extensions.validate_assignment": True,
}
c.KernelManager.transport = "ipc"  # a port on this machine could be read by every learner
c.MappingKernelManager.cull_idle_timeout = 3600  # seconds; a kernel of lesson 1 holds half a gigabyte
c.MappingKernelManager.cull_interval = 300
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.news_url = None

"""The workshop: JupyterHub for this course on one machine, each learner in a container of their own."""

"""Where a learner works: own copies of the lessons, brought up to date, and JupyterLab on them."""

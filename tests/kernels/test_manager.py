"""Managers and clients as the grader uses them."""

from __future__ import annotations

import asyncio

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.kernels import KernelNotStarted, kernel_manager


def _notebook(*cells: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


@pytest.mark.parametrize("warm", [True, False])
def test_nbclient_runs_a_notebook(light_parent, warm):
    notebook = _notebook("x = 6", "x * 7")
    manager = kernel_manager(warm=warm)
    asyncio.run(NotebookClient(notebook, km=manager).async_execute(cleanup_kc=True))
    assert notebook.cells[1].outputs[0].data["text/plain"] == "42"


def test_failure_to_start_is_told_from_a_learners_fault(light_parent, tmp_path):
    missing = tmp_path / "missing"

    async def start() -> None:
        manager = kernel_manager(missing)
        await manager.start_kernel()
        client = manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=10)
        finally:
            client.stop_channels()
            await manager.shutdown_kernel()

    with pytest.raises(RuntimeError, match=r"not started: FileNotFoundError.*missing"):
        asyncio.run(start())


def test_parent_that_cannot_start_is_an_infrastructure_fault(light_parent, monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises((KernelNotStarted, RuntimeError)):
        asyncio.run(kernel_manager().start_kernel())


def test_kernel_says_which_walls_it_has(light_parent, kernel):
    one = kernel()
    one.manager.death()
    assert one.manager.level == "namespaces"


def test_kernel_without_walls_is_its_owners_own(light_parent, kernel, tmp_path, monkeypatch):
    (tmp_path / "helper.py").write_text("answer = 42")
    monkeypatch.setenv("OWN", "mine")
    one = kernel(scratch=tmp_path, walled=False)
    one.run("open('made.txt', 'w').write('here')")
    reply = one.run("import os, helper; print(helper.answer, os.environ['OWN'])")
    assert (reply.text, (tmp_path / "made.txt").exists()) == ("42 mine", True)


def test_restart_keeps_the_connection(light_parent, kernel):
    one = kernel(walled=False)
    one.run("x = 1")
    one._do(one.manager.restart_kernel())
    one._do(one.client.wait_for_ready(timeout=20))
    assert "NameError" in one.run("x").error

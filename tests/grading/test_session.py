"""Does a graded notebook find what it may read?"""

from nbformat.v4 import new_code_cell

from autograder.grading.process import Settings
from autograder.grading.session import Kernel
from autograder.kernels import Limits


def test_do_lessons_find_their_data_within_the_walls(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "words.txt").write_text("cat")
    cell = new_code_cell(
        "from autograder.toolbox.datasets import data_folder\nprint((data_folder() / 'words.txt').read_text())"
    )
    with Kernel(Settings(Limits(), (tmp_path,)), None) as kernel:
        kernel.execute(cell)
    assert [output.text for output in cell.outputs] == ["cat\n"]


def test_can_a_module_beside_the_notebook_be_imported_that_shadows_none(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "utils.py").write_text("def twice(x):\n    return 2 * x")
    (tmp_path / "numpy.py").write_text("raise SystemExit")
    cell = new_code_cell("import utils, numpy\nprint(utils.twice(2), numpy.ones(1).sum())")
    with Kernel(Settings(Limits()), tmp_path) as kernel:
        kernel.execute(cell)
    assert [output.text for output in cell.outputs] == ["4 1.0\n"]

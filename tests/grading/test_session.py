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

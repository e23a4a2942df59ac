"""Does the loader find a file, check a download, and say what to do when there is neither?"""

import hashlib
import http.server
import io
import threading
import zipfile
from dataclasses import replace

import pytest

from autograder.toolbox import sentences as module
from autograder.toolbox.datasets import NoSuchData
from autograder.toolbox.sentences import EDITION, PLACE, clean, sentences

TEXT = "Good night.\tBonne nuit.\nWho is it?\tQui est-ce ?\tCC-BY 2.0 (France) Attribution: tatoeba.org\n"


@pytest.fixture(autouse=True)
def no_file_of_the_user(monkeypatch, tmp_path):
    monkeypatch.delenv(PLACE, raising=False)
    monkeypatch.setattr(module, "_kept", lambda: tmp_path / "kept" / "fra.txt")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "fra.txt"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.fixture
def served():
    """A local server that hands out the zip of TEXT; its edition, and how often it was asked."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(EDITION.member, TEXT)
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(packed.getvalue())

        def log_message(self, *about):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    checksum = hashlib.sha1(packed.getvalue()).hexdigest()
    yield replace(EDITION, url=f"http://127.0.0.1:{server.server_port}/fra-eng.zip", checksum=checksum), asked
    server.shutdown()
    server.server_close()
    thread.join()


class TestFile:
    def test_are_two_and_three_columns_read(self, file):
        corpus = sentences(file)
        assert (corpus.english, corpus.french) == (("Good night.", "Who is it?"), ("Bonne nuit.", "Qui est-ce ?"))
        assert len(corpus) == 2

    def test_is_the_environment_asked(self, file, monkeypatch):
        monkeypatch.setenv(PLACE, str(file))
        assert len(sentences()) == 2

    def test_is_another_edition_explained_not_refused(self, file):
        assert "not the file on which" in sentences(file).edition
        assert module.MEASURED[:12] in sentences(file).edition

    def test_is_the_measured_edition_known(self, file, monkeypatch):
        monkeypatch.setattr(module, "MEASURED", hashlib.sha256(TEXT.encode()).hexdigest())
        assert sentences(file).edition.endswith("the file on which the course's figures were measured.")

    def test_is_a_file_that_is_not_there_named(self, tmp_path):
        with pytest.raises(NoSuchData, match=r"could not read .*nowhere\.txt: No such file"):
            sentences(tmp_path / "nowhere.txt")

    @pytest.mark.parametrize(
        ("content", "says"),
        [(b"", "the file is empty"), (b"Go.\tVa !\nno tab here\n", "line 2 has no tab"), (b"PK\x03\x04\xff", "zipped")],
    )
    def test_is_a_file_of_another_form_told(self, tmp_path, content, says):
        path = tmp_path / "other.txt"
        path.write_bytes(content)
        with pytest.raises(NoSuchData, match=says):
            sentences(path)


class TestDownload:
    def test_is_a_download_checked_read_and_kept(self, served):
        edition, asked = served
        assert sentences(edition=edition).english == ("Good night.", "Who is it?")
        assert len(sentences(edition=edition)) == 2
        assert asked == ["/fra-eng.zip"]

    def test_is_another_checksum_refused_with_both_and_nothing_kept(self, served):
        edition = replace(served[0], checksum="0" * 40)
        with pytest.raises(NoSuchData, match=r"expected sha1 0{40}, received [0-9a-f]{40}.*COURSE_SENTENCES"):
            sentences(edition=edition)
        assert not module._kept().exists()

    def test_is_it_said_what_to_do_without_a_network(self):
        edition = replace(EDITION, url="http://127.0.0.1:9/fra-eng.zip")
        with pytest.raises(NoSuchData, match=r"Could not download.*COURSE_SENTENCES=/path/to/fra\.txt"):
            sentences(edition=edition)

    def test_is_nothing_fetched_unless_allowed(self):
        with pytest.raises(NoSuchData, match=r"found none.*COURSE_SENTENCES"):
            sentences(download=False)


def test_is_a_sentence_cleaned():
    assert clean("Qu’est-ce que  c’est\u202f?") == "qu'est-ce que c'est ?"

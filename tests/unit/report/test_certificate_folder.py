"""The certificate's folder: other files in it are never touched, and no file is left half written."""

import msgspec
import pytest
import report_samples as samples

from shaketable.errors import HarnessError, UsageError
from shaketable.report import certificate_file, certificate_folder
from shaketable.report.data_file import sha256


def write(path, certificate=None):
    histories = {samples.example().file: samples.saga_history()}
    named, files = certificate_folder.with_digests(certificate or samples.certificate(), histories)
    certificate_folder.write(path, named, files, b"<html>")
    return named


def test_every_file_the_certificate_names_is_there_with_its_digest(tmp_path):
    named = write(tmp_path / "out")
    example = named.subjects[0].promises[0].counterexamples[0]
    schedule = tmp_path / "out" / certificate_folder.schedule_path(example.file)
    history = tmp_path / "out" / certificate_folder.history_path(example.file)
    assert sha256(schedule.read_bytes()) == example.sha256
    assert sha256(history.read_bytes()) == example.history_sha256
    assert certificate_file.load(tmp_path / "out" / certificate_folder.CERTIFICATE) == named
    assert not list((tmp_path / "out").rglob("*.tmp"))


def test_a_folder_with_other_peoples_files_is_refused_and_untouched(tmp_path):
    (tmp_path / "thesis.doc").write_text("years of work")
    (tmp_path / "certificate.json").write_text('{"format": "X.509"}')
    with pytest.raises(UsageError, match="not a certificate of ours"):
        write(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["certificate.json", "thesis.doc"]


def test_a_file_instead_of_a_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        write(tmp_path / "out")


def test_writing_again_removes_what_is_no_longer_named_and_nothing_else(tmp_path):
    write(tmp_path)
    (tmp_path / "counterexamples" / "notes.txt").write_text("mine")
    write(tmp_path, samples.certificate(samples.result("s", broken=False)))
    assert [p.name for p in (tmp_path / "counterexamples").iterdir()] == ["notes.txt"]


def test_a_run_cut_off_while_writing_leaves_a_folder_that_can_be_written_again(tmp_path, monkeypatch):
    real = certificate_folder.write_whole

    def power_cut(path, data):
        if path.name == certificate_folder.PAGE:
            raise KeyboardInterrupt
        return real(path, data)

    monkeypatch.setattr(certificate_folder, "write_whole", power_cut)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path)
    left = certificate_file.load(tmp_path / certificate_folder.CERTIFICATE)
    assert left.interrupted
    assert left.subjects == ()
    monkeypatch.undo()
    write(tmp_path)


@pytest.mark.parametrize(
    "file", ["../../etc/passwd", "/etc/passwd", "", ".", "a/b", "a\\b", "a\nb", "-rf", "x" * 300]
)
def test_a_name_that_could_leave_the_folder_is_never_used(file):
    assert not certificate_folder.is_safe(file)
    example = msgspec.structs.replace(samples.example(), file=file)
    result = samples.result()
    promise = msgspec.structs.replace(result.promises[0], counterexamples=(example,))
    with pytest.raises(HarnessError):
        certificate_folder.with_digests(
            samples.certificate(msgspec.structs.replace(result, promises=(promise,))), {}
        )

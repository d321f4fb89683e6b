"""What is kept of a search while it goes on: a whole folder at any moment, and none of it after its end."""

import pytest
import report_samples as samples

from shaketable.errors import UsageError
from shaketable.report import certificate_folder, manifest, unfinished_folder


@pytest.mark.parametrize("writes", range(6))
def test_a_kill_while_it_is_kept_anew_leaves_a_whole_one(tmp_path, monkeypatch, writes):
    """Files are written one by one; after any number of them the one that was kept before is still there."""
    real, left = certificate_folder.write_whole, writes

    def power_cut(path, data):
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        return real(path, data)

    def keep_twice():
        with unfinished_folder.UnfinishedFolder(tmp_path) as unfinished:
            keep(unfinished)
            monkeypatch.setattr(certificate_folder, "write_whole", power_cut)
            keep(unfinished)
            raise KeyboardInterrupt  # all was written

    with pytest.raises(KeyboardInterrupt):
        keep_twice()
    monkeypatch.undo()
    ((place, certificate),) = unfinished_folder.left_behind(tmp_path)
    assert certificate.subjects
    files, _ = manifest.load(place)
    assert manifest.changed(place, files) == {}


def keep(unfinished):
    histories = {samples.example().file: samples.saga_history()}
    named, files = certificate_folder.with_digests(samples.certificate(), histories)
    unfinished.write(named, files, b"<html>", b"<junit/>")


def test_the_end_removes_what_was_kept_and_an_error_does_not(tmp_path):
    with unfinished_folder.UnfinishedFolder(tmp_path / "a") as unfinished:
        keep(unfinished)
        assert unfinished_folder.left_behind(tmp_path / "a") == []  # it may still go on
    assert not (tmp_path / "a").exists()
    certificate_folder.check_writable(tmp_path / "a")


def test_an_error_before_anything_was_found_leaves_nothing(tmp_path):
    def mistaken():
        with unfinished_folder.UnfinishedFolder(tmp_path / "a") as unfinished:
            unfinished.write(samples.certificate(), {}, b"<html>", b"<junit/>")
            raise UsageError("a mistake")

    with pytest.raises(UsageError):
        mistaken()
    assert not (tmp_path / "a").exists()


def test_what_an_earlier_command_left_stays_and_does_not_keep_a_certificate_from_the_folder(tmp_path):
    killed = unfinished_folder.UnfinishedFolder(tmp_path)
    keep(killed)
    killed.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    certificate_folder.check_writable(tmp_path)
    with unfinished_folder.UnfinishedFolder(tmp_path) as unfinished:
        keep(unfinished)
    assert [place.name for place, _ in unfinished_folder.left_behind(tmp_path)] == ["1"]


def test_a_disk_that_takes_nothing_does_not_end_the_search(tmp_path):
    (tmp_path / "unfinished").write_text("in the way")
    with unfinished_folder.UnfinishedFolder(tmp_path) as unfinished:
        keep(unfinished)
    assert unfinished_folder.left_behind(tmp_path) == []

"""Files as data: what is no regular file or too large is not read."""

import pytest

from shaketable.errors import FileFormatError
from shaketable.report.data_file import read_limited


def test_a_directory_a_missing_file_and_a_nul_in_the_name_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none", tmp_path / "a\x00b"):
        with pytest.raises(FileFormatError):
            read_limited(path, 100, "a history")


def test_a_file_beyond_the_limit_is_not_read(tmp_path):
    path = tmp_path / "h.jsonl"
    path.write_bytes(bytes(101))
    with pytest.raises(FileFormatError, match="too large"):
        read_limited(path, 100, "a history")


def test_a_file_at_the_limit_is_read(tmp_path):
    path = tmp_path / "h.jsonl"
    path.write_bytes(bytes(100))
    assert read_limited(path, 100, "a history") == bytes(100)

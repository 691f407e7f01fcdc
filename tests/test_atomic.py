"""Files that are complete or not there, and no more open than they should be."""

import os

import pytest

from vidfer.atomic import hidden_file, remove, replacing
from vidfer.errors import OutputError


@pytest.fixture
def umask():
    """Let a test set the umask, and set it back."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def mode_of(path):
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize(
    ("mask", "mode"), [(0o077, 0o600), (0o027, 0o640), (0o022, 0o644), (0o002, 0o664)]
)
def test_a_new_file_and_its_hidden_one_are_as_open_as_the_umask_says(mask, mode, tmp_path, umask):
    umask(mask)
    with replacing(tmp_path / "x.parquet") as (temporary,):
        assert mode_of(temporary) == mode
        temporary.write_text("rows")
        assert mode_of(temporary) == mode
    assert mode_of(tmp_path / "x.parquet") == mode


def test_a_file_that_was_closed_to_others_stays_so(tmp_path, umask):
    path = tmp_path / "x.parquet"
    path.write_text("older")
    path.chmod(0o600)
    umask(0o002)
    with replacing(path) as (temporary,):
        assert mode_of(temporary) == 0o600
        temporary.write_text("rows")
    assert (mode_of(path), path.read_text()) == (0o600, "rows")


def test_a_file_that_was_open_does_not_open_a_newer_one(tmp_path, umask):
    path = tmp_path / "x.parquet"
    path.touch()
    path.chmod(0o666)
    umask(0o077)
    with replacing(path):
        pass
    assert mode_of(path) == 0o600


def test_a_leftover_that_is_open_to_others_or_a_link_is_not_written_to(tmp_path, umask):
    umask(0o077)
    path = tmp_path / "x.parquet"
    precious = tmp_path / "precious"
    precious.write_text("keep")
    for make in (lambda hidden: hidden.symlink_to(precious), lambda hidden: hidden.touch(0o666)):
        hidden = hidden_file(path)
        hidden.unlink()
        make(hidden)
        assert mode_of(hidden_file(path)) == 0o600
        assert not hidden.is_symlink()
    assert precious.read_text() == "keep"


def test_what_is_removed_was_there_or_not(tmp_path):
    (tmp_path / "x").touch()
    assert remove(tmp_path / "x")
    assert not remove(tmp_path / "x")
    assert not remove(tmp_path / "no folder" / "x")
    with pytest.raises(OutputError):
        remove(tmp_path)

"""A file is recognised by its size, its time and samples of its content."""

import os
from pathlib import Path

import pytest

from vidfer.video.fingerprint import identify

MEBIBYTE = 2**20


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def fingerprint(path: Path) -> str:
    return identify(path).fingerprint


@pytest.mark.parametrize("size", [0, 1, 1000, MEBIBYTE, 2 * MEBIBYTE + 1, 4 * MEBIBYTE])
def test_copies_have_the_same_fingerprint(size, tmp_path: Path):
    content = os.urandom(size)
    first, second = write(tmp_path / "a", content), write(tmp_path / "b", content)
    assert fingerprint(first) == fingerprint(second)


def test_it_is_the_same_on_every_machine_and_in_every_version(tmp_path: Path):
    content = bytes(range(256)) * 16_384
    path = write(tmp_path / "a", content)
    # Another value makes every earlier result stale: change it only with a reason.
    assert fingerprint(path) == "da8e335600f8fedc463d380806829d74"


@pytest.mark.parametrize("size", [1, 1000, MEBIBYTE, 3 * MEBIBYTE, 5 * MEBIBYTE])
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_one_changed_byte_changes_it(place, size, tmp_path: Path):
    content = bytearray(size)
    before = fingerprint(write(tmp_path / "a", content))
    content[{"first": 0, "middle": size // 2, "last": size - 1}[place]] = 1
    assert fingerprint(write(tmp_path / "a", content)) != before


@pytest.mark.parametrize("size", [1, 1000, 3 * MEBIBYTE])
def test_every_byte_of_a_short_file_counts(size, tmp_path: Path):
    content = bytearray(size)
    before = fingerprint(write(tmp_path / "a", content))
    for place in range(0, size, max(1, size // 7)):
        content[place] = 1
        assert fingerprint(write(tmp_path / "a", content)) != before
        content[place] = 0


def test_another_length_of_the_same_byte_changes_it(tmp_path: Path):
    prints = {fingerprint(write(tmp_path / "a", bytes(size))) for size in range(20)}
    long = {fingerprint(write(tmp_path / "a", bytes(4 * MEBIBYTE + size))) for size in range(5)}
    assert len(prints | long) == 25


def test_touching_a_file_changes_its_time_and_not_its_fingerprint(tmp_path: Path):
    path = write(tmp_path / "a", b"abc")
    before = identify(path)
    os.utime(path, ns=(1, 1_000_000_001))
    after = identify(path)
    assert (after.size, after.fingerprint) == (before.size, before.fingerprint)
    assert after.mtime_ns == 1_000_000_001


def test_moving_a_file_changes_nothing(tmp_path: Path):
    path = write(tmp_path / "a", b"abc")
    before = identify(path)
    path.rename(tmp_path / "b")
    assert identify(tmp_path / "b") == before


@pytest.mark.timeout(20)
def test_a_huge_file_is_not_read_whole(tmp_path: Path):
    path = tmp_path / "huge"
    path.touch()
    try:
        os.truncate(path, 2**40)
    except OSError:
        pytest.skip("this file system holds no sparse file of a tebibyte")
    assert identify(path).size == 2**40


def test_metadata_are_strings_that_tell_size_time_and_fingerprint(tmp_path: Path):
    path = write(tmp_path / "a", b"abc")
    identity = identify(path)
    assert identity.as_metadata() == {
        "vidfer.source_size": "3",
        "vidfer.source_mtime_ns": str(path.stat().st_mtime_ns),
        "vidfer.source_fingerprint": identity.fingerprint,
    }


def test_a_missing_file_is_an_error_of_the_operating_system(tmp_path: Path):
    with pytest.raises(OSError, match="missing"):
        identify(tmp_path / "missing")

"""A file that is not what was written is noticed, whatever bit it is."""

import random

import pytest

from tests.timeline.test_rows import rows_of
from vidfer.timeline.seal import fault_of_seal, seal
from vidfer.timeline.writer import TimelineWriter


@pytest.fixture
def timeline(tmp_path):
    path = tmp_path / "clip.parquet"
    with TimelineWriter(path) as writer:
        writer.write(rows_of([1, 0, 2]))
        # A name may spell out anything, the seal itself as well.
        writer.finish({"vidfer.video": "vidfer.seal\x18 " + "0" * 32})
    return path


def test_a_whole_file_has_no_fault(timeline):
    assert fault_of_seal(timeline) is None


def test_a_flipped_bit_in_any_byte_is_noticed(timeline):
    """Pages, their headers, statistics, metadata, the footer's length, the seal."""
    random.seed(7)
    content = timeline.read_bytes()
    with timeline.open("r+b", buffering=0) as file:
        for place, value in enumerate(content):
            file.seek(place)
            file.write(bytes([value ^ 1 << random.randrange(8)]))
            assert fault_of_seal(timeline) is not None, place
            file.seek(place)
            file.write(bytes([value]))
    assert fault_of_seal(timeline) is None


def test_a_cut_anywhere_is_noticed(timeline):
    content = timeline.read_bytes()
    for length in range(0, len(content), 97):
        timeline.write_bytes(content[:length])
        assert fault_of_seal(timeline) is not None, length


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"PAR1", "carries no seal"),
        (b"text", "no Parquet file"),
        (b"PAR1" + b"\xff\xff\xff\x7f" + b"PAR1", "carries no seal"),
        (b"\0" * 5000, "no Parquet file"),
    ],
)
def test_what_is_no_timeline_is_said_so(tmp_path, content, sentence):
    path = tmp_path / "clip.parquet"
    path.write_bytes(content)
    assert sentence in fault_of_seal(path)


def test_a_file_that_cannot_be_read_has_a_fault(tmp_path):
    assert "cannot be read" in fault_of_seal(tmp_path)
    assert fault_of_seal(tmp_path / "gone.parquet") == "is missing"


def test_a_file_without_a_place_for_it_cannot_be_sealed(tmp_path):
    path = tmp_path / "clip.parquet"
    path.write_bytes(b"PAR1" + bytes(20) + b"PAR1")
    with pytest.raises(ValueError, match=r"holds no vidfer\.seal"):
        seal(path)

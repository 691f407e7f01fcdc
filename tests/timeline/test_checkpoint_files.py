"""What is kept of an unfinished timeline is whole, of one making, and gone in the end."""

import pytest

from tests.outputs import flip_a_bit
from tests.timeline.test_rows import rows_of
from vidfer.timeline.checkpoint_files import (
    CheckpointFiles,
    checkpoint_paths,
    half_written_checkpoint,
    remove_checkpoints,
)

MADE_BY = {"vidfer.settings_id": "one", "vidfer.source_size": "5"}
COUNTS = ([1, 0], [2], [3, 1])


@pytest.fixture
def timeline(tmp_path):
    return tmp_path / "clip.mp4.parquet"


@pytest.fixture
def kept(timeline):
    """Return a timeline's place with three checkpoints."""
    files = CheckpointFiles(timeline, made_by=MADE_BY)
    for number, counts in enumerate(COUNTS):
        files.add(rows_of(counts), state=f"after {number}")
    return timeline


def heights(files: CheckpointFiles) -> list[int]:
    return [len(rows) for rows in files.rows()]


def test_there_is_nothing_to_go_on_from_at_first(timeline):
    files = CheckpointFiles(timeline, made_by=MADE_BY)
    assert files.state() is None
    assert heights(files) == []


def test_rows_and_last_state_come_back_in_order(kept):
    files = CheckpointFiles(kept, made_by=MADE_BY)
    assert files.state() == "after 2"
    assert heights(files) == [2, 2, 4]


def test_they_are_hidden_from_whoever_looks_for_timelines(kept):
    assert list(kept.parent.glob("**/*.parquet")) == []
    assert all(path.name.startswith(".") for path in kept.parent.iterdir())


@pytest.mark.parametrize("key", MADE_BY)
def test_what_was_made_otherwise_is_removed_and_not_mixed(key, kept):
    files = CheckpointFiles(kept, made_by={**MADE_BY, key: "another"})
    assert files.state() is None
    assert list(kept.parent.iterdir()) == []


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "gone"])
def test_a_damaged_one_ends_what_can_be_used(damage, kept):
    second = checkpoint_paths(kept)[1]
    if damage == "flipped":
        flip_a_bit(second)
    elif damage == "gone":
        second.unlink()
    else:
        second.write_bytes(b"" if damage == "empty" else second.read_bytes()[:-100])
    files = CheckpointFiles(kept, made_by=MADE_BY)
    assert files.state() == "after 0"
    assert heights(files) == [2]
    files.add(rows_of([1]), state="again")
    assert CheckpointFiles(kept, made_by=MADE_BY).state() == "again"


def test_none_is_taken_to_follow_another_one_than_it_did(kept):
    checkpoint_paths(kept)[0].unlink()
    files = CheckpointFiles(kept, made_by=MADE_BY)
    assert files.state() is None
    files.add(rows_of([1]), state="anew")
    again = CheckpointFiles(kept, made_by=MADE_BY)
    assert again.state() == "anew"
    assert heights(again) == [1]


def test_a_half_written_one_is_known_and_replaced(kept):
    half_written_checkpoint(kept).write_bytes(b"PAR1 and then the power went")
    files = CheckpointFiles(kept, made_by=MADE_BY)
    assert files.state() == "after 2"
    assert len(list(kept.parent.iterdir())) == 3


def test_none_is_left_when_they_are_removed(kept):
    half_written_checkpoint(kept).touch()
    remove_checkpoints(kept)
    assert list(kept.parent.iterdir()) == []


def test_a_removal_that_was_stopped_is_finished_by_the_next(kept):
    checkpoint_paths(kept)[-1].unlink()
    remove_checkpoints(kept)
    assert list(kept.parent.iterdir()) == []


def test_long_names_that_begin_alike_have_their_own(tmp_path):
    first, second = (tmp_path / f"{'x' * 230}{end}.parquet" for end in "ab")
    CheckpointFiles(first, made_by=MADE_BY).add(rows_of([1]), state="first")
    assert CheckpointFiles(second, made_by=MADE_BY).state() is None
    assert CheckpointFiles(first, made_by=MADE_BY).state() == "first"

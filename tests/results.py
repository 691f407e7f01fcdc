"""Comparing what two runs wrote."""

from pathlib import Path

import polars as pl

import vidfer

# What a run may differ in from another one with the same rows.
TIMING = ["wall_s", "fps"]

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "videos"


def rows_of(output: Path) -> pl.DataFrame:
    return vidfer.read_timeline(output).collect()


def assert_same_rows(output: Path, other: Path) -> None:
    """Hold every row of every timeline to the last bit."""
    ours, theirs = rows_of(output), rows_of(other)
    assert ours.height > 0
    assert ours.equals(theirs)


def assert_same_manifest(output: Path, other: Path) -> None:
    ours, theirs = (vidfer.read_videos(folder).drop(TIMING) for folder in (output, other))
    assert ours.equals(theirs)

"""Paired frames and faces to the counts of each video."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from vidfer.analysis.agreement import NO_TALLY, Tally, confusion_of, moments_of
from vidfer.emotions import EMOTIONS

_OTHERS = [f"{name}_other" for name in EMOTIONS]


def counts_of_pairs(
    source: pl.DataFrame, other: pl.DataFrame, frames: pl.DataFrame
) -> pl.DataFrame:
    """Count, per video of `source`, what a Tally counts of frames.

    source, other: what `frames_of` returns. frames: what `paired_frames` returns.
    """
    here, there = pl.col("faces") > 0, pl.col("faces_other") > 0
    paired = frames.group_by("video").agg(
        frames=pl.len(),
        both=(here & there).sum(),
        only_source=(here & ~there).sum(),
        only_other=(~here & there).sum(),
        neither=(~here & ~there).sum(),
        faces_source=pl.col("faces").sum(),
        faces_other=pl.col("faces_other").sum(),
    )
    theirs = other.group_by("video").agg(frames_other=pl.len())
    return _joined(source, theirs, paired)


def counts_of_codes(source: pl.DataFrame, coded: pl.DataFrame) -> pl.DataFrame:
    """Count, per video of `source`, what a Tally counts of frames that are coded.

    source: what `frames_of` returns. coded: what `coded_frames` returns.
    """
    frames = coded.group_by("video", "moment").agg(pl.col("faces").first(), codes=pl.len())
    seen = pl.col("faces") > 0
    paired = frames.group_by("video").agg(
        frames_other=pl.len(),
        frames=pl.len(),
        both=seen.sum(),
        only_other=(~seen).sum(),
        faces_source=pl.col("faces").sum(),
        faces_other=pl.col("codes").sum(),
    )
    return _joined(source, paired)


def _joined(source: pl.DataFrame, *counts: pl.DataFrame) -> pl.DataFrame:
    joined = source.group_by("video").agg(frames_source=pl.len())
    for one in counts:
        joined = joined.join(one, on="video", how="left")
    return joined.fill_null(0).sort("video")


def tallies_of(counts: pl.DataFrame, pairs: pl.DataFrame) -> dict[str, Tally]:
    """Return each video's tally.

    counts: one of the above. pairs: a row per compared face with `video`, `emotion` and
    `emotion_other` (indices), and perhaps both sides' probabilities.
    """
    known = pairs.filter(pl.all_horizontal(pl.col("emotion", "emotion_other").is_not_null()))
    by_video = {key[0]: rows for key, rows in known.partition_by("video", as_dict=True).items()}
    return {row["video"]: _tally(row, by_video.get(row["video"])) for row in counts.to_dicts()}


def _tally(row: Mapping[str, Any], pairs: pl.DataFrame | None) -> Tally:
    counted = {name: value for name, value in row.items() if name != "video"}
    fields = vars(NO_TALLY) | counted
    if pairs is not None:
        fields["pairs"] = pairs.height
        fields["confusion"] = confusion_of(
            pairs["emotion"].to_numpy(), pairs["emotion_other"].to_numpy()
        )
        if _OTHERS[0] in pairs.columns:
            fields["moments"] = _moments(pairs)
    return Tally(**fields)


def _moments(pairs: pl.DataFrame) -> np.ndarray:
    known = pairs.drop_nulls([*EMOTIONS, *_OTHERS])
    return moments_of(known.select(EMOTIONS).to_numpy(), known.select(_OTHERS).to_numpy())

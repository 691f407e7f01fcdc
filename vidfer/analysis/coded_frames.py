"""Human codes, labelled stretches of time, as one emotion per frame that they cover."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from vidfer.analysis.video_names import listed
from vidfer.emotions import EMOTIONS, emotion_of
from vidfer.errors import SettingsError, UsageError


@dataclass(frozen=True)
class Codes:
    """Codes with `video`, `start_s`, `end_s`, `emotion` (an index), and labels left out.

    `video` is a whole name. ignored: how many codes each label that is no emotion has.
    """

    stretches: pl.DataFrame
    ignored: dict[str, int]


def codes_of(events: pl.DataFrame, labels: Mapping[str, str] | None) -> Codes:
    """Read emotions out of events' labels.

    A label means an emotion if it is its name or a synonym, or if `labels` says so
    (`{"smile": "happy"}`, in any case). Others are left out and counted.

    Raises:
        SettingsError: `labels` gives something that is no emotion.
        UsageError: no label is an emotion.
    """
    meanings = {label.casefold(): emotion_index(name) for label, name in (labels or {}).items()}
    words = events["label"].unique(maintain_order=True).to_list()
    found = {word: meanings.get(word.casefold(), emotion_of(word)) for word in words}
    if not any(index is not None for index in found.values()):
        raise UsageError(
            f"No label is an emotion: labels are {listed(words)}, emotions "
            f"{', '.join(EMOTIONS)}; say what they mean with --label {words[0]}=EMOTION "
            "(labels in Python)."
        )
    coded = events.with_columns(
        emotion=pl.col("label").replace_strict(found, return_dtype=pl.Int64)
    )
    left_out = coded.filter(pl.col("emotion").is_null())["label"].value_counts(sort=True)
    return Codes(
        coded.filter(pl.col("emotion").is_not_null()).select(
            "video", "start_s", "end_s", "emotion"
        ),
        dict(left_out.iter_rows()),
    )


def emotion_index(name: str) -> int:
    """Return an emotion's index in EMOTIONS.

    Raises:
        SettingsError: it is none.
    """
    index = emotion_of(name)
    if index is None:
        raise SettingsError(f"{name!r} is no emotion; emotions are {', '.join(EMOTIONS)}.")
    return index


def coded_frames(frames: pl.DataFrame, codes: pl.DataFrame, *, uncoded: int | None) -> pl.DataFrame:
    """Return `video`, `moment`, `faces`, `coded` (an emotion's index) of each coded frame.

    A frame under two codes with different emotions stands twice. `uncoded` is the emotion
    of the frames under none; None leaves them out.
    """
    moments = frames.filter(pl.col("video").is_in(codes["video"].unique().implode()))
    moments = moments.select("video", "moment", "faces", "time_s")
    coded = (
        moments.join_where(
            codes.select(coded_video="video", start_s="start_s", end_s="end_s", coded="emotion"),
            pl.col("video") == pl.col("coded_video"),
            pl.col("time_s") >= pl.col("start_s"),
            pl.col("time_s") < pl.col("end_s"),
        )
        .select("video", "moment", "faces", "coded")
        .unique()
    )
    if uncoded is not None:
        rest = moments.join(coded, on=["video", "moment"], how="anti")
        rest = rest.select("video", "moment", "faces", coded=pl.lit(uncoded, pl.Int64))
        coded = pl.concat([coded, rest])
    return coded.sort("video", "moment", "coded")


def codes_outside(frames: pl.DataFrame, codes: pl.DataFrame) -> int:
    """Count the codes that end before their video's first frame or start after its last."""
    reach = frames.group_by("video").agg(first=pl.col("time_s").min(), last=pl.col("time_s").max())
    placed = codes.join(reach, on="video")
    beyond = (pl.col("end_s") <= pl.col("first")) | (pl.col("start_s") > pl.col("last"))
    return placed.filter(beyond).height

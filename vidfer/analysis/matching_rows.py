"""Which frame of one table is which of another's, and which face is which."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from vidfer.analysis.face_rows import BOX
from vidfer.errors import UsageError

_OTHER: Final = "_other"
_PAIR: Final = ("video", "moment", "moment_other", "faces", "faces_other")


def frames_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `video`, `moment`, `frame`, `time_s`, `faces` (count), one row per frame, in order."""
    return (
        rows.group_by("video", "moment")
        .agg(pl.col("frame", "time_s").first(), faces=pl.col("is_face").sum())
        .sort("video", "moment")
    )


def paired_frames(source: pl.DataFrame, other: pl.DataFrame, *, tolerance_s: float) -> pl.DataFrame:
    """Find the frames of both tables that show the same moment of the same video.

    Takes what `frames_of` returns, returns `video`, `moment`, `moment_other`, `faces`,
    `faces_other`. Frames are matched by time, each to the nearest one within `tolerance_s`
    that has no nearer one itself; in videos where the other has no times by frame number;
    where it has neither by order.

    Raises:
        UsageError: by order, and the other has another number of frames.
    """
    has_times = pl.col("time_s").is_not_null().all().over("video")
    has_numbers = pl.col("frame").is_not_null().all().over("video")
    pairs = [
        _by_time(source, other.filter(has_times), tolerance_s),
        _by_number(source, other.filter(~has_times & has_numbers)),
        *_by_order(source, other.filter(~has_times & ~has_numbers)),
    ]
    return pl.concat(pairs).sort("video", "moment")


def _by_time(source: pl.DataFrame, other: pl.DataFrame, tolerance_s: float) -> pl.DataFrame:
    theirs = other.select(
        "video", "time_s", other_s="time_s", moment_other="moment", faces_other="faces"
    )
    apart = (pl.col("time_s") - pl.col("other_s")).abs()
    return (
        source.sort("video", "time_s")
        .join_asof(
            theirs.sort("video", "time_s"),
            on="time_s",
            by="video",
            strategy="nearest",
            tolerance=tolerance_s,
            check_sortedness=False,  # it cannot be checked by groups; both were sorted here
        )
        .filter(pl.col("moment_other").is_not_null())
        .sort("video", "moment_other", apart)
        .unique(["video", "moment_other"], keep="first", maintain_order=True)
        .select(_PAIR)
    )


def _by_number(source: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    return source.join(other, on=["video", "frame"], suffix=_OTHER).select(_PAIR)


def _by_order(source: pl.DataFrame, other: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Lay frames beside one another; tools that leave out those without a face get only others."""
    for (video,), theirs in other.partition_by("video", as_dict=True).items():
        ours = source.filter(pl.col("video") == video)
        seen = ours.filter(pl.col("faces") > 0)
        chosen = next((one for one in (ours, seen) if one.height == theirs.height), None)
        if chosen is None:
            raise UsageError(
                f"The other table has {theirs.height:,} frames for {video} and says neither frame "
                f"nor time; the timeline has {ours.height:,}, {seen.height:,} of them with a "
                "face: add a column frame or time_s to the table."
            )
        beside = theirs.select(moment_other="moment", faces_other="faces")
        yield pl.concat([chosen, beside], how="horizontal").select(_PAIR)


def paired_faces(
    source: pl.DataFrame, other: pl.DataFrame, frames: pl.DataFrame, *, min_iou: float
) -> pl.DataFrame:
    """Find the same faces in paired frames: a row each, the other's columns with `_other`.

    Boxes of the same face overlap by at least `min_iou` (intersection over union; of a box
    around landmarks, the part of it that lies in the source's); the best overlaps are paired
    first, each face once. Where the other has no boxes, its first face is the source's
    largest.
    """
    ours = source.filter("is_face").with_row_index("ours")
    theirs = other.filter("is_face").with_row_index("theirs")
    both = (
        frames.select("video", "moment", "moment_other")
        .join(ours, on=["video", "moment"])
        .join(
            theirs,
            left_on=["video", "moment_other"],
            right_on=["video", "moment"],
            suffix=_OTHER,
        )
        .with_columns(iou=_iou())
    )
    boxed = pl.col("iou").is_not_null()
    overlapping = both.filter(boxed & (pl.col("iou") >= min_iou))
    return pl.concat([_one_to_one(overlapping), _foremost(both.filter(~boxed))]).sort(
        "video", "moment", "ours"
    )


def _iou() -> pl.Expr:
    left, top, width, height = (pl.col(name) for name in BOX)
    left_2, top_2, width_2, height_2 = (pl.col(name + _OTHER) for name in BOX)
    across = pl.min_horizontal(left + width, left_2 + width_2) - pl.max_horizontal(left, left_2)
    down = pl.min_horizontal(top + height, top_2 + height_2) - pl.max_horizontal(top, top_2)
    shared = across.clip(lower_bound=0) * down.clip(lower_bound=0)
    known = pl.all_horizontal(pl.col(*BOX, *(name + _OTHER for name in BOX)).is_not_null())
    union = width * height + width_2 * height_2 - shared
    whole = pl.when("box_is_part" + _OTHER).then(width_2 * height_2).otherwise(union)
    # A box without area overlaps nothing; 0 / 0 must not count as unknown or as equal.
    return pl.when(known & (whole > 0)).then(shared / whole).when(known).then(0.0)


def _one_to_one(candidates: pl.DataFrame) -> pl.DataFrame:
    """Pair faces by falling overlap: those that are each other's best, then the rest again."""
    chosen = [candidates.clear()]
    while candidates.height:
        best = candidates.filter(
            pl.col("iou") == pl.col("iou").max().over("ours"),
            pl.col("iou") == pl.col("iou").max().over("theirs"),
        )
        best = best.unique("ours", keep="first", maintain_order=True)
        best = best.unique("theirs", keep="first", maintain_order=True)
        chosen.append(best)
        candidates = candidates.join(best, on="ours", how="anti").join(
            best, on="theirs", how="anti"
        )
    return pl.concat(chosen)


def _foremost(candidates: pl.DataFrame) -> pl.DataFrame:
    area = pl.col("box_w") * pl.col("box_h")
    return candidates.sort(area, "face_other", descending=[True, False], nulls_last=True).unique(
        ["video", "moment"], keep="first", maintain_order=True
    )

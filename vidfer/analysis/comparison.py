"""How well two readings of the same videos agree: two timelines, another tool's, human codes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from vidfer.analysis.agreement import Tally
from vidfer.analysis.coded_frames import coded_frames, codes_of, codes_outside
from vidfer.analysis.comparison_options import (
    DEFAULT_MIN_IOU,
    DEFAULT_TOLERANCE_S,
    CompareOptions,
    Faces,
)
from vidfer.analysis.comparison_result import Comparison
from vidfer.analysis.episodes import episodes
from vidfer.analysis.event_agreement import EventAgreement
from vidfer.analysis.event_spans import video_names_of
from vidfer.analysis.face_rows import faces_of_timeline, largest_faces
from vidfer.analysis.matching_rows import frames_of, paired_faces, paired_frames
from vidfer.analysis.other_reading import Kind, OtherFaces, kind_of, open_codes, open_faces
from vidfer.analysis.source import Source, batches_of
from vidfer.analysis.tallying import counts_of_codes, counts_of_pairs, tallies_of
from vidfer.errors import UsageError

DEFAULT_RESAMPLES: Final = 2000


def compare(
    source: Source,
    other: Source,
    *,
    tolerance_s: float = DEFAULT_TOLERANCE_S,
    min_iou: float = DEFAULT_MIN_IOU,
    faces: Faces | None = None,
    usable_only: bool = False,
    tier: str | None = None,
    labels: Mapping[str, str] | None = None,
    uncoded: str | None = None,
    min_overlap: float = 0.5,
    confidence: float = 0.95,
    resamples: int = DEFAULT_RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Lay another reading of the same videos beside a timeline and tell how they agree.

    `other` is another timeline; a CSV of another tool, one row per face (py-feat,
    OpenFace, fer, deepface and more), or a folder with one per video; or human codes: what
    `read_events` reads or returns, labelled with emotions.

    Timelines and tables: frames are matched by time, within `tolerance_s`, faces in them by
    their boxes (`min_iou`: intersection over union). `faces` "largest" compares only the
    largest face of each frame; "all" is the default. `usable_only` compares faces that
    pass the quality gate, on both sides.

    Codes: each frame whose time lies in a code counts with its largest face, or with each
    (`faces="all"`). `tier` chooses one layer of them; `labels` says which emotion other
    labels mean; `uncoded` which one frames without a code in coded videos have. Episodes
    and codes of an emotion count as the same if they overlap by `min_overlap`.

    Intervals (`confidence`) resample videos, `resamples` times. Of a folder, a few videos
    at a time are in memory.

    Raises:
        UsageError: a side cannot be read, they have no video or no moment in common, or an
            event names a video that is not there.
        SettingsError: an option is outside its range.
    """
    options = CompareOptions(
        tolerance_s=tolerance_s,
        min_iou=min_iou,
        faces=faces,
        usable_only=usable_only,
        tier=tier,
        labels=labels,
        uncoded=uncoded,
        min_overlap=min_overlap,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
    )
    kind = kind_of(other)
    known = video_names_of(source)
    if kind == "codes":
        return _with_codes(source, open_codes(other, known, tier=tier), options)
    return _with_faces(source, open_faces(other, known), options, kind=kind)


def _with_faces(
    source: Source, other: OtherFaces, options: CompareOptions, *, kind: Kind
) -> Comparison:
    """Compare face by face with another timeline or table."""
    tallies: dict[str, Tally] = {}
    alone: list[str] = []
    for batch in batches_of(source):
        rows = faces_of_timeline(batch).collect()
        videos = rows["video"].unique().sort().to_list()
        shared = [video for video in videos if video in set(other.videos)]
        alone += [video for video in videos if video not in set(other.videos)]
        if shared:
            ours = rows.filter(pl.col("video").is_in(shared))
            tallies |= _tallies_of_faces(ours, other.faces_of(shared), options)
    made = _comparison(kind, tallies, alone, options)
    if made.total.frames == 0:
        raise UsageError(
            "The two sides have no moment in common: no frame of one is within "
            f"{options.tolerance_s:g} s of one of the other (--tolerance-s)."
        )
    notes = list(_notes_on_faces(made.total, options))
    return replace(made, only_other=list(other.strange), notes=notes)


def _tallies_of_faces(
    ours: pl.DataFrame, theirs: pl.DataFrame, options: CompareOptions
) -> dict[str, Tally]:
    if options.faces == "largest":
        ours, theirs = largest_faces(ours), largest_faces(theirs)
    source, other = frames_of(ours), frames_of(theirs)
    frames = paired_frames(source, other, tolerance_s=options.tolerance_s)
    pairs = paired_faces(ours, theirs, frames, min_iou=options.min_iou)
    if options.usable_only:
        pairs = pairs.filter("usable", "usable_other")
    return tallies_of(counts_of_pairs(source, other, frames), pairs)


def _notes_on_faces(total: Tally, options: CompareOptions) -> Iterator[str]:
    if total.pairs == 0 and total.both:
        yield (
            "No emotion is compared: the other side tells none, or no two boxes overlap by "
            f"{options.min_iou:g} (--min-iou)."
        )


def _with_codes(source: Source, stretches: pl.DataFrame, options: CompareOptions) -> Comparison:
    """Compare frame by frame, and stretch by stretch, with what people coded."""
    codes = codes_of(stretches, options.labels)
    coded_videos = set(codes.stretches["video"].to_list())
    tallies: dict[str, Tally] = {}
    alone: list[str] = []
    events = EventAgreement(min_overlap=options.min_overlap)
    outside = 0
    for batch in batches_of(source):
        rows = faces_of_timeline(batch).collect()
        videos = rows["video"].unique().sort().to_list()
        shared = [video for video in videos if video in coded_videos]
        alone += [video for video in videos if video not in coded_videos]
        ours = rows.filter(pl.col("video").is_in(shared))
        theirs = codes.stretches.filter(pl.col("video").is_in(shared))
        source_frames = frames_of(ours)
        tallies |= _tallies_of_codes(ours, source_frames, theirs, options)
        outside += codes_outside(source_frames, theirs)
        chosen = _chosen_faces(batch.filter(pl.col("video").is_in(shared)), options)
        events.add(episodes(chosen, usable_only=options.usable_only).collect(), theirs)
    made = _comparison("codes", tallies, alone, options)
    _refuse_without_coded_frames(made.total, codes.stretches)
    beyond = f"{outside:,} of {codes.stretches.height:,} codes lie outside the analysed frames."
    return replace(
        made,
        ignored_labels=codes.ignored,
        events=events.as_dict(),
        notes=[beyond] if outside else [],
    )


def _tallies_of_codes(
    ours: pl.DataFrame, source: pl.DataFrame, codes: pl.DataFrame, options: CompareOptions
) -> dict[str, Tally]:
    coded = coded_frames(source, codes, uncoded=options.uncoded_emotion)
    faces = ours if options.faces == "all" else largest_faces(ours)
    faces = faces.filter("is_face", "usable" if options.usable_only else pl.lit(value=True))
    pairs = faces.select("video", "moment", "emotion").join(
        coded.select("video", "moment", emotion_other="coded"), on=["video", "moment"]
    )
    return tallies_of(counts_of_codes(source, coded), pairs)


def _chosen_faces(timeline: pl.LazyFrame, options: CompareOptions) -> pl.LazyFrame:
    """Return the rows that codes are compared with: the largest faces as one track."""
    if options.faces == "all":
        return timeline
    area = pl.col("box_w") * pl.col("box_h")
    largest = timeline.sort(area, descending=True, nulls_last=True, maintain_order=True).unique(
        ["video", "frame"], keep="first", maintain_order=True
    )
    one_track = pl.when(pl.col("track").is_not_null()).then(0).cast(pl.Int32)
    return largest.sort("video", "frame").with_columns(track=one_track)


def _refuse_without_coded_frames(total: Tally, codes: pl.DataFrame) -> None:
    if total.frames == 0:
        reach = codes.select(pl.col("start_s").min(), pl.col("end_s").max()).row(0)
        raise UsageError(
            f"No code covers an analysed frame: codes reach from {reach[0]:g} to {reach[1]:g} s. "
            "Are their times seconds of the video?"
        )


def _comparison(
    kind: Kind, tallies: dict[str, Tally], alone: list[str], options: CompareOptions
) -> Comparison:
    return Comparison(
        kind=kind,
        tallies=tallies,
        only_source=alone,
        only_other=[],
        ignored_labels={},
        notes=[],
        events={},
        confidence=options.confidence,
        resamples=options.resamples,
        seed=options.seed,
    )

"""What follows what: from one episode to the next of the same face."""

import polars as pl

from vidfer.analysis.source import require_columns

_NEEDED = ("video", "track", "emotion", "onset_s", "offset_s")


def transitions(episodes: pl.LazyFrame) -> pl.LazyFrame:
    """Return how often an episode of one emotion was followed by one of another.

    `episodes` is what `vidfer.episodes` returns. Episodes of a track follow one another by
    onset, those of the same onset by name; the same emotion may follow itself, after a
    pause. Columns: `video`, `track`, `from_emotion`, `to_emotion`, `count` (u32), `share`
    (of all that followed `from_emotion` in the track, sum 1), `median_gap_s` (from the
    offset of one to the onset of the next; negative where they overlap).

    Raises:
        UsageError: a column is missing.
    """
    table = episodes.lazy()
    require_columns(table, _NEEDED, what="The table of episodes")
    track = ["video", "track"]
    return (
        table.sort(*track, "onset_s", "emotion")
        .select(
            *track,
            from_emotion="emotion",
            to_emotion=pl.col("emotion").shift(-1).over(track),
            gap_s=pl.col("onset_s").shift(-1).over(track) - pl.col("offset_s"),
        )
        .drop_nulls("to_emotion")
        .group_by(*track, "from_emotion", "to_emotion")
        .agg(count=pl.len(), median_gap_s=pl.col("gap_s").median())
        .with_columns(share=pl.col("count") / pl.col("count").sum().over(*track, "from_emotion"))
        .select(*track, "from_emotion", "to_emotion", "count", "share", "median_gap_s")
        .sort(*track, "from_emotion", "to_emotion")
    )

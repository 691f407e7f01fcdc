"""Print the head of a timeline and a small summary of each video.

python examples/show_timeline.py OUT    (a folder that `vidfer analyze -o OUT` wrote)
"""

import sys

import polars as pl

import vidfer

BOX = pl.format("{},{} {}x{}", *(pl.col(f"box_{side}").round().cast(int) for side in "xywh"))


def main(output: str) -> None:
    """Print the head, then what each video holds, then its mean probabilities."""
    timeline = vidfer.read_timeline(output)
    columns = ["video", "frame", "time_s", "face", "track", "emotion", "confidence"]
    print(timeline.select(*columns, BOX.alias("box")).head(8).collect())

    faces = timeline.filter(pl.col("status") == "ok").group_by("video")
    often = pl.col("emotion").cast(pl.String).mode().sort().first().alias("most frequent")
    emotions = faces.agg(often, pl.col(vidfer.EMOTIONS).mean()).collect()
    videos = vidfer.read_videos(output).select(
        "video",
        pl.col("frames_analysed").alias("frames"),
        pl.col("duration_s").alias("seconds"),
        (pl.col("frames_with_face") / pl.col("frames_analysed")).alias("with a face"),
        "tracks",
    )
    summary = videos.join(emotions, on="video", how="left").sort("video")
    print(summary.drop(vidfer.EMOTIONS))
    print("Mean probabilities", summary.select("video", *vidfer.EMOTIONS), sep="\n")


if __name__ == "__main__":
    plain = {"tbl_hide_column_data_types": True, "tbl_hide_dataframe_shape": True}
    with pl.Config(tbl_width_chars=100, tbl_cols=-1, tbl_rows=50, float_precision=2, **plain):
        main(sys.argv[1])

"""Print and save how each condition looked: means with intervals, over people.

python examples/aggregate_by_condition.py OUT ATTRIBUTES.csv [SUMMARY.csv]

OUT is a folder that `vidfer analyze -o OUT` wrote. ATTRIBUTES.csv has a row per video and the
columns video, participant and condition.
"""

import sys

import polars as pl

import vidfer


def main(output: str, attributes: str, save_to: str | None = None) -> None:
    """Summarise by condition, then by video."""
    known = vidfer.read_attributes(attributes)
    # Frames of one person are no independent observations, so the intervals resample people.
    groups = vidfer.summarize(
        output, by="group", attributes=known, group_by="condition", person="participant"
    )
    groups = groups.filter(pl.col("condition").is_not_null())  # videos without a row
    print("How much of the time could be used")
    print(groups.select("condition", "n_people", "n_videos", "analysed_s", "usable_share"))
    print("Mean probabilities and their 95 % intervals")
    print(means_with_intervals(groups))

    videos = vidfer.summarize(output, by="video", attributes=known)
    print("Share of the usable time for which each expression was the most likely")
    shares = [f"share_{name}" for name in vidfer.EMOTIONS]
    print(videos.select("video", "condition", *shares).rename(lambda n: n.removeprefix("share_")))
    if save_to is not None:
        groups.write_csv(save_to)
        print(f"Saved {save_to}")


def means_with_intervals(groups: pl.DataFrame) -> pl.DataFrame:
    """Return a row per emotion and a column per condition, as text."""
    rows = []
    for name in vidfer.EMOTIONS:
        cells = {"emotion": name}
        for group in groups.iter_rows(named=True):
            mean, low, high = (group[f"mean_{name}{end}"] for end in ("", "_low", "_high"))
            known = None not in (mean, low, high)
            cells[str(group["condition"])] = f"{mean:.2f} [{low:.2f}, {high:.2f}]" if known else "-"
        rows.append(cells)
    return pl.DataFrame(rows)


if __name__ == "__main__":
    with pl.Config(tbl_width_chars=140, tbl_cols=-1, tbl_rows=50, float_precision=2):
        main(*sys.argv[1:])

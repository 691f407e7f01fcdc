"""Plot one video's probabilities over time, smoothed, a panel per track.

python examples/plot_emotions.py OUT VIDEO PLOT.png

OUT is a folder that `vidfer analyze -o OUT` wrote, VIDEO a name as in the column `video`.
"""

import sys

import matplotlib.pyplot as plt
import polars as pl
from matplotlib.figure import Figure

import vidfer
from vidfer.emotion_colours import EMOTION_COLOURS

WINDOW_S = 1.0
MOST_TRACKS = 6
# Lines are interrupted where a face was away for longer.
GAP_S = 0.5


def main(output: str, video: str, plot: str) -> None:
    """Plot the tracks that were seen longest and save the picture."""
    timeline = vidfer.read_timeline(output).filter(pl.col("video") == video)
    rows = vidfer.smooth(timeline, window_s=WINDOW_S).filter(pl.col("status") == "ok").collect()
    if rows.is_empty():
        raise SystemExit(f"{output} has no face of a video called {video}.")
    draw(rows).savefig(plot, dpi=120)
    print(f"Saved {plot}")


def draw(rows: pl.DataFrame) -> Figure:
    """Return a figure with a panel per track."""
    tracks = rows["track"].value_counts(sort=True).head(MOST_TRACKS)["track"].sort()
    height = 1.2 + 1.8 * len(tracks)
    figure, panels = plt.subplots(
        len(tracks), sharex=True, squeeze=False, figsize=(9, height), layout="constrained"
    )
    for panel, track in zip(panels[:, 0], tracks):
        faces = rows.filter(pl.col("track") == track).sort("time_s")
        faces = faces.with_columns(away=pl.col("time_s").diff() > GAP_S)
        for name, colour in EMOTION_COLOURS.items():
            seen = pl.when(~pl.col("away").fill_null(value=False)).then(f"{name}_smooth")
            panel.plot(faces["time_s"], faces.select(seen).to_series(), color=colour, label=name)
        panel.set(ylim=(0, 1), ylabel=f"track {track}")
        panel.grid(alpha=0.3)
    panels[-1, 0].set_xlabel(f"time (s), means over {WINDOW_S:g} s")
    handles, names = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=len(names), frameon=False)
    return figure


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Write a copy of every analysed video in which known faces are unrecognisable.

python examples/blur_for_sharing.py OUT FOLDER

OUT is a folder that `vidfer analyze -o OUT` wrote. Frames that were not analysed are blurred as a
whole. Watch every copy before you pass it on: faces that were not found are not covered.
"""

import sys
from pathlib import Path

import polars as pl

import vidfer


def main(output: str, folder: str) -> None:
    """Blur what can be blurred; say what could not."""
    videos = vidfer.read_videos(output).filter(pl.col("status") != "failed")
    for video, path in videos.select("video", "path").iter_rows():
        to = Path(folder, video).with_suffix(".mp4")
        try:
            copy = vidfer.render(
                path, timeline=output, to=to, blur=True, not_analysed="hide", overwrite=True
            )
            print(copy.as_text())
        except vidfer.VidferError as error:
            print(f"{video}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])

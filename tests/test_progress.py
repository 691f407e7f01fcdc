"""Bars make sense with one video at a time and with several."""

import re
import time

import pytest

from vidfer.job import Progress
from vidfer.progress import ProgressBars


def progress(video, frames, total=100, faces=0):
    return Progress(video=video, frames=frames, frames_total=total, faces=faces)


def last_line(capsys, *updates):
    """Return how the bar over frames shows after `updates`; a str says that a video is finished."""
    with ProgressBars(videos=3, shown=True) as bars:
        for update in updates:
            time.sleep(0.11)  # tqdm draws no oftener than each 0.1 s
            bars.finish_video(update) if isinstance(update, str) else bars.update(update)
        shown = re.split(r"[\r\n]+", capsys.readouterr().err)
    return [line for line in shown if "frame/s" in line][-1]


def test_one_video_shows_its_name_and_how_far_it_is(capsys):
    line = last_line(capsys, progress("a.mp4", 0), progress("a.mp4", 30, faces=7))
    assert line.startswith("a.mp4:")
    assert "30/100" in line
    assert "faces=7" in line


def test_several_videos_show_all_their_frames_together(capsys):
    line = last_line(capsys, progress("a.mp4", 30, faces=2), progress("b.mp4", 12, 50, faces=3))
    assert line.startswith("2 videos at a time:")
    assert "42/150" in line
    assert "faces=5" in line


def test_frames_of_finished_videos_stay_counted(capsys):
    line = last_line(
        capsys, progress("a.mp4", 30, faces=2), "a.mp4", progress("b.mp4", 12, 50, faces=3)
    )
    assert line.startswith("b.mp4:")
    assert "42/80" in line
    assert "faces=5" in line


def test_a_length_that_no_header_tells_leaves_the_end_open(capsys):
    line = last_line(capsys, progress("a.mp4", 30), progress("b.mp4", 12, None))
    assert "42frame" in line


def test_a_second_try_counts_from_the_start_again(capsys):
    line = last_line(capsys, progress("a.mp4", 30), progress("a.mp4", 8))
    assert "8/100" in line


@pytest.mark.parametrize("name", ["\x1b[31mred.mp4", "long" * 50 + ".mp4"])
def test_names_cannot_steer_the_terminal_nor_fill_it(capsys, name):
    line = last_line(capsys, progress(name, 0), progress(name, 30))
    assert "\x1b[31m" not in line
    assert len(line.split(":")[0]) <= 40


def test_hidden_bars_write_nothing(capsys):
    with ProgressBars(videos=1, shown=False) as bars:
        bars.update(progress("a.mp4", 30))
        bars.finish_video("a.mp4")
    assert capsys.readouterr() == ("", "")

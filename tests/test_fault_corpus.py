"""Every odd and damaged video of ../shared/faults/make.sh, each with what must come of it."""

import hashlib
import itertools
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import vidfer
from tests.fault_cases import CASES, DECODED, WHOLE
from tests.results import rows_of
from tests.video.decoding import pixels_of
from vidfer.video.opening import open_video
from vidfer.video.selection import FrameSelection

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="needs ffmpeg and ffprobe"
    ),
]

MAX_PIXELS = 40_000_000
PRECISION_S = 1e-3


@pytest.fixture(scope="module")
def corpus(shared, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    make = shared / "faults" / "make.sh"
    subprocess.run(["bash", str(make), str(folder)], check=True, capture_output=True, timeout=280)
    return folder


@pytest.fixture(scope="module")
def output(corpus, tmp_path_factory) -> Path:
    """Analyse the corpus; every eighth frame, since its frames are counted when decoded."""
    folder = tmp_path_factory.mktemp("out")
    inputs = [corpus, *sorted(corpus.glob("*.m4a"))]
    vidfer.analyze(inputs, folder, settings=vidfer.AnalyzeSettings(every=8))
    return folder


@pytest.fixture(scope="module")
def rows(output):
    """Return the manifest's rows by video."""
    return {row["video"]: row for row in vidfer.read_videos(output).iter_rows(named=True)}


def probed(path: Path) -> list[float | None]:
    """Return the times of the frames that ffprobe lists, None where one has none."""
    command = ["ffprobe", "-v", "quiet", "-select_streams", "v:0", "-show_format"]
    command += ["-show_entries", "frame=pts_time,best_effort_timestamp_time", "-of", "json"]
    done = subprocess.run(
        [*command, str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    printed = json.loads(done.stdout)
    start_s = float(printed.get("format", {}).get("start_time", 0))
    # Its best effort, for frames without a stamp, is a guess behind damage.
    times = [
        frame.get("pts_time", frame.get("best_effort_timestamp_time"))
        for frame in printed.get("frames", [])
    ]
    return [None if time is None else float(time) - start_s for time in times]


def decoded(path: Path) -> tuple[list[float], list[str]]:
    """Return the times of all frames, and what tells their pixels apart."""
    source = open_video(path, decoder="pyav", max_pixels=MAX_PIXELS).source
    times_s, digests = [], []
    for batch in source.batches(selection=FrameSelection(), chunk_frames=16, detect_every=1):
        times_s += batch.time_s.tolist()
        for row in range(len(batch)):
            content = b"".join(np.ascontiguousarray(p[row]).tobytes() for p in pixels_of(batch))
            digests.append(hashlib.blake2b(content, digest_size=8).hexdigest())
    source.close()
    return times_s, digests


def digests_of_ffmpeg(path: Path) -> list[str]:
    """Return what tells the frames apart that FFmpeg's own program decodes."""
    command = ["ffmpeg", "-v", "quiet", "-nostdin", "-i", str(path), "-map", "0:v:0"]
    command += ["-fps_mode", "passthrough", "-f", "framemd5", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    return [line.split(",")[-1].strip() for line in lines]


def repeats(digests: list[str]) -> int:
    """Return how many frames are equal to the one before."""
    return sum(before == after for before, after in itertools.pairwise(digests))


def test_every_file_has_its_case(corpus):
    files = {str(p.relative_to(corpus)) for p in corpus.rglob("*") if p.is_file()}
    assert files == CASES.keys()


def test_every_file_has_one_row_and_the_output_is_sound(output, rows):
    assert rows.keys() == CASES.keys()
    assert vidfer.verify(output).exit_code == 0


@pytest.mark.parametrize("name", CASES)
def test_status_reason_and_sentence(name, rows):
    row, case = rows[name], CASES[name]
    assert (row["status"], row["reason"]) == (case.status, case.reason)
    assert case.says in (row["error"] or "")
    assert (row["error"] is None) == (case.status == "done")
    assert (row["timeline"] is None) == (case.status == "failed")


@pytest.mark.parametrize("name", CASES)
def test_sentences_are_one_line_without_bytes_of_the_file(name, rows):
    error = rows[name]["error"] or "A sentence."
    assert error.endswith(".")
    assert error.isprintable()
    assert len(error) < 250


@pytest.mark.parametrize("name", CASES)
def test_it_does_not_take_long(name, rows):
    assert rows[name]["wall_s"] < CASES[name].most_s


@pytest.mark.parametrize("name", DECODED)
def test_every_frame_is_kept_that_ffprobe_lists(name, corpus, rows):
    listed = len(probed(corpus / name))
    assert rows[name]["frames_decoded"] == listed > 0
    assert CASES[name].frames in (None, listed)


@pytest.mark.parametrize("name", DECODED)
def test_every_frame_is_at_the_time_that_ffprobe_lists(name, corpus):
    times_s, _ = decoded(corpus / name)
    theirs = probed(corpus / name)
    assert len(times_s) == len(theirs)
    for ours, time_s in zip(times_s, theirs):
        assert time_s is None or abs(ours - time_s) < PRECISION_S


@pytest.mark.parametrize("name", DECODED)
def test_no_frame_is_repeated_to_fill_a_gap_or_after_a_change_of_size(name, corpus):
    _, digests = decoded(corpus / name)
    assert repeats(digests) <= repeats(digests_of_ffmpeg(corpus / name))


@pytest.mark.parametrize("name", [name for name in DECODED if name not in WHOLE])
def test_what_is_lost_is_listed(name, rows):
    row = rows[name]
    assert row["lost_ranges_s"]
    assert all(0 <= lost["start_s"] < lost["end_s"] for lost in row["lost_ranges_s"])


@pytest.mark.parametrize("name", WHOLE)
def test_of_whole_files_nothing_is_lost(name, rows):
    assert not rows[name]["lost_ranges_s"]
    assert rows[name]["bad_packets"] == 0


def test_the_faces_of_the_clip_are_found_whatever_it_was_made_into(output):
    with_face = rows_of(output).filter(pl.col("face").is_not_null())["video"]
    too_small = {"odd_4096x16.mp4", "odd_tiny.mkv"}
    assert set(DECODED) - too_small <= set(with_face)


# Containers and codecs that make.sh leaves out: name -> FFmpeg's options.
MORE = {
    "theora.ogv": ["-c:v", "libtheora"],
    "sorenson.flv": ["-c:v", "flv1"],
    "h264.flv": ["-c:v", "copy"],
    "h264.m2ts": ["-c:v", "copy"],
    "h264.3gp": ["-c:v", "copy"],
    "mpeg2.vob": ["-c:v", "mpeg2video"],
    "mpeg2.mxf": ["-c:v", "mpeg2video", "-r", "25"],
    "mpeg2.m2v": ["-c:v", "mpeg2video"],
    "vp8.ivf": ["-c:v", "libvpx", "-deadline", "realtime"],
    "raw.y4m": ["-t", "0.5"],
    "hevc.hevc": ["-c:v", "libx265", "-x265-params", "log-level=none"],
    "h264.nut": ["-c:v", "copy"],
    "piped.avi": ["-c:v", "mpeg4", "-f", "avi", "pipe:"],
}


@pytest.mark.parametrize("name", MORE)
def test_other_containers_are_whole(name, corpus, tmp_path):
    path = tmp_path / name
    options = MORE[name]
    command = ["ffmpeg", "-v", "quiet", "-nostdin", "-i", str(corpus / "base.mp4"), *options]
    with path.open("wb") as file:
        target = [] if "pipe:" in options else ["-y", str(path)]
        subprocess.run([*command, *target], stdout=file, check=True, timeout=60)
    source = open_video(path, decoder="auto", max_pixels=MAX_PIXELS).source
    batches = source.batches(selection=FrameSelection(), chunk_frames=16, detect_every=1)
    frames = sum(len(batch) for batch in batches)
    source.close()
    assert frames == len(probed(path)) > 0
    assert source.record.fault is None


def test_equal_names_in_two_folders_are_two_timelines(output, rows):
    timelines = {rows[f"same/{folder}/clip.mp4"]["timeline"] for folder in "ab"}
    assert len(timelines) == 2
    assert all((output / timeline).is_file() for timeline in timelines)

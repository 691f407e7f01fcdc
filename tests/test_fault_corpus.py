"""Odd and damaged videos made by ../shared/faults/make.sh: the name says what must come out."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import vidfer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="needs ffmpeg and ffprobe"
    ),
]

# FFmpeg itself cannot open it: its index lies about the sizes of all frames.
UNREADABLE = "part_bad_index.mp4"


@pytest.fixture(scope="module")
def corpus(shared, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    make = shared / "faults" / "make.sh"
    subprocess.run(["bash", str(make), str(folder)], check=True, capture_output=True, timeout=280)
    return folder


@pytest.fixture(scope="module")
def results(corpus, tmp_path_factory):
    """Analyse the corpus; every eighth frame, since its frames are counted when decoded."""
    output = tmp_path_factory.mktemp("out")
    inputs = [corpus, *sorted(corpus.glob("*.m4a"))]
    outcome = vidfer.analyze(inputs, output, settings=vidfer.AnalyzeSettings(every=8))
    return {result.video: result for result in outcome.results}


def probed_frames(path: Path) -> int:
    """Return how many frames ffprobe lists."""
    command = ["ffprobe", "-v", "quiet", "-select_streams", "v:0", "-show_entries", "frame=pts"]
    done = subprocess.run(
        [*command, "-of", "json", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return len(json.loads(done.stdout).get("frames", []))


def test_nothing_is_missing(corpus, results):
    files = [p for p in corpus.rglob("*") if p.is_file() and p.suffix != ".jpg"]
    assert len(results) == len(files)


def test_what_is_no_video_fails_with_one_sentence(results):
    bad = [r for r in results.values() if r.video.startswith("bad_")]
    assert len(bad) >= 8
    for result in bad:
        assert (result.status, result.timeline) == ("failed", None), result
        assert result.reason
        assert result.error.endswith(".")


def test_of_what_is_damaged_every_frame_is_kept_that_can_be(corpus, results):
    damaged = [r for r in results.values() if r.video.startswith("part_")]
    assert len(damaged) >= 7
    for result in damaged:
        if result.video == UNREADABLE:
            assert (result.status, result.reason) == ("failed", "corrupt")
            continue
        assert result.status == "partial", result
        assert result.frames_decoded == probed_frames(corpus / result.video), result


def test_what_is_odd_but_whole_is_done(corpus, results):
    whole = [r for r in results.values() if not r.video.startswith(("bad_", "part_"))]
    assert len(whole) >= 30
    for result in whole:
        assert result.status == "done", result
        assert result.frames_decoded == probed_frames(corpus / result.video), result

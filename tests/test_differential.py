"""decord gives what PyAV gives wherever vidfer lets it decode: frames, times and pixels."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clips import DAMAGED, HEALTHY, ClipFolder
from tests.differential import Comparison, compare
from tests.results import EXAMPLES
from tests.video.decoding import REFUSED_BY_DECORD, needs_decord
from vidfer.video.inputs import find_videos

pytestmark = [needs_decord, pytest.mark.timeout(120)]


def assert_fit(comparison: Comparison) -> None:
    assert comparison.kind != "different", comparison.as_text()
    # What `auto` takes, decord has to be able to decode.
    assert not (comparison.taken and comparison.kind == "not for decord"), comparison.as_text()


@pytest.mark.parametrize("kind", [kind for kind in HEALTHY if kind not in REFUSED_BY_DECORD])
def test_a_healthy_clip_is_the_same(kind, clips: ClipFolder):
    comparison = compare(clips.healthy(kind).path)
    assert comparison.kind == "same", comparison.as_text()
    assert comparison.frames == len(clips.healthy(kind))


@pytest.mark.parametrize("kind", REFUSED_BY_DECORD)
def test_a_clip_on_which_decord_is_wrong_is_not_for_decord(kind, clips: ClipFolder):
    assert compare(clips.healthy(kind).path).kind == "not for decord"


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_clip_is_the_same_or_pyavs(kind, clips: ClipFolder):
    assert_fit(compare(clips.damaged(kind).path))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.mp4")), ids=lambda path: path.name)
def test_an_example_is_the_same_or_pyavs(path):
    assert_fit(compare(path))


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_shared_clips_and_the_fault_corpus_are_the_same_or_pyavs(shared: Path, tmp_path: Path):
    if not shutil.which("ffmpeg"):
        pytest.skip("needs ffmpeg")
    make = shared / "faults" / "make.sh"
    subprocess.run(["bash", str(make), str(tmp_path)], check=True, capture_output=True, timeout=280)
    folders = [tmp_path, shared / "data" / "videos"]
    found = find_videos(folders, exclude=Path("no such output")).videos
    comparisons = [compare(video.path) for video in found]
    for comparison in comparisons:
        assert_fit(comparison)
    # The corpus holds frames that `auto` leaves to decord: 4:4:4, and 10 bits.
    assert sum(comparison.taken for comparison in comparisons) >= 2

"""The shared real videos: exactly the frames and times that ffprobe gave.

tests/resources/make_presentation_times.py wrote the reference.
"""

import itertools
import json
from pathlib import Path

import av
import numpy as np
import pytest

from tests.video.decoding import MAX_PIXELS, MEAN_LEVELS, MOST_LEVELS, WHOLE
from vidfer.video.opening import open_video

pytestmark = pytest.mark.timeout(120)

PRECISION_S = 1e-3
RESOURCE = Path(__file__).resolve().parents[1] / "resources" / "presentation_times.json"
EXPECTED: dict[str, list[float]] = json.loads(RESOURCE.read_text(encoding="utf-8"))


def test_the_reference_covers_the_shared_videos(shared: Path):
    assert {path.name for path in (shared / "data" / "videos").iterdir()} == EXPECTED.keys()


@pytest.mark.parametrize("decoder", ["pyav", "auto"])
@pytest.mark.parametrize("name", EXPECTED)
def test_frames_and_times_are_those_of_ffprobe(name, decoder, shared: Path):
    opened = open_video(shared / "data" / "videos" / name, decoder=decoder, max_pixels=MAX_PIXELS)
    index, times_s = [], []
    for batch in opened.source.batches(selection=WHOLE, chunk_frames=16, detect_every=1):
        index.extend(batch.index.tolist())
        times_s.extend(batch.time_s.tolist())
    opened.source.close()
    assert index == list(range(len(EXPECTED[name])))
    np.testing.assert_allclose(times_s, EXPECTED[name], rtol=0, atol=PRECISION_S)
    assert opened.source.record.fault is None


@pytest.mark.parametrize("name", EXPECTED)
def test_planes_in_colour_are_near_pyavs_own_conversion(name, shared: Path):
    path = shared / "data" / "videos" / name
    opened = open_video(path, decoder="auto", max_pixels=MAX_PIXELS)
    batches = opened.source.batches(selection=WHOLE, chunk_frames=1, detect_every=1)
    with av.open(str(path)) as container:
        for frame, batch in itertools.islice(zip(container.decode(video=0), batches), 5):
            theirs = frame.to_ndarray(format="rgb24", threads=1).astype(int)
            apart = np.abs(batch.rgb()[0] - theirs)
            assert apart.mean() < MEAN_LEVELS
            assert apart.max() <= MOST_LEVELS
    opened.source.close()

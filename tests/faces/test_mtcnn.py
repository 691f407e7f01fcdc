"""The detector finds what facenet-pytorch's MTCNN finds, to a hundredth of a pixel."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from facenet_pytorch import MTCNN
from PIL import Image

from vidfer.batches import DetectionBatch, FrameBatch
from vidfer.faces.mtcnn import MtcnnDetector

CPU = torch.device("cpu")
MIN_FACE_PX = 40

# What both report: facenet-pytorch's last threshold.
LEAST_SCORE = 0.7
# A face that nobody would call doubtful.
SURE_SCORE = 0.95
SAME_FACE_IOU = 0.8
MOST_DEVIATION_PX = 0.01

VIDEOS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "videos"


@dataclass(frozen=True)
class Faces:
    """One frame's faces: corners (N, 4), scores (N,), landmarks (N, 5, 2)."""

    corners: np.ndarray
    scores: np.ndarray
    landmarks: np.ndarray


@dataclass
class Comparison:
    """How our faces compare with facenet-pytorch's over many frames."""

    sure: int = 0
    sure_found: int = 0
    ours: int = 0
    invented: int = 0
    furthest_px: float = 0.0

    def add(self, ours: Faces, theirs: Faces) -> None:
        overlap = iou(ours.corners, theirs.corners)
        same = overlap >= SAME_FACE_IOU
        sure = theirs.scores >= SURE_SCORE
        self.sure += int(sure.sum())
        self.sure_found += int(same[:, sure].any(axis=0).sum())
        self.ours += len(ours.scores)
        self.invented += int((~same.any(axis=1)).sum())
        for i in np.flatnonzero(same.any(axis=1)):
            j = overlap[i].argmax()
            for mine, other in (
                (ours.corners[i], theirs.corners[j]),
                (ours.landmarks[i], theirs.landmarks[j]),
            ):
                self.furthest_px = max(self.furthest_px, float(np.abs(mine - other).max()))

    def check(self, *, least_sure: int) -> None:
        assert self.sure >= least_sure, "too few faces to say anything"
        assert self.sure_found >= 0.99 * self.sure, self
        assert self.invented <= 0.01 * self.ours, self
        assert self.furthest_px <= MOST_DEVIATION_PX, self


def iou(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (one, other)]
    return both / (areas[0][:, None] + areas[1][None] - both)


def batch_of(frames: np.ndarray) -> FrameBatch:
    index = np.arange(len(frames), dtype=np.int64)
    return FrameBatch(frames=frames, index=index, time_s=index / 25)


def detector(*, min_score: float = LEAST_SCORE, min_face_px: int = MIN_FACE_PX) -> MtcnnDetector:
    return MtcnnDetector(min_face_px=min_face_px, min_score=min_score, device=CPU)


def faces_of_row(found: DetectionBatch, row: int) -> Faces:
    mine = found.frame_row == row
    box = found.box_px[mine]
    corners = np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], axis=1)
    return Faces(corners, found.score[mine], found.landmarks_px[mine])


class Reference:
    """facenet-pytorch's own detector."""

    def __init__(self) -> None:
        self._mtcnn = MTCNN(keep_all=True, min_face_size=MIN_FACE_PX)

    def faces(self, frame: np.ndarray) -> Faces:
        boxes, scores, points = self._mtcnn.detect(frame, landmarks=True)
        if boxes is None:
            return Faces(np.empty((0, 4)), np.empty(0), np.empty((0, 5, 2)))
        return Faces(*(np.asarray(part, dtype=np.float64) for part in (boxes, scores, points)))


def compare(frames: Iterator[np.ndarray]) -> Comparison:
    reference, ours, comparison = Reference(), detector(), Comparison()
    for frame in frames:
        comparison.add(faces_of_row(ours.detect(batch_of(frame[None])), 0), reference.faces(frame))
    return comparison


def head(astronaut: np.ndarray, side_px: int, *, mirrored: bool = False) -> np.ndarray:
    """The astronaut's head and shoulders at another size; the face is about half as wide."""
    pixels = resized(astronaut[0:260, 90:350], height=side_px, width=side_px)
    return pixels[:, ::-1] if mirrored else pixels


def resized(picture: np.ndarray, *, height: int, width: int) -> np.ndarray:
    return np.array(Image.fromarray(picture).resize((width, height)))


def canvas(*heads: tuple[int, int, np.ndarray]) -> np.ndarray:
    """A grey picture of 640x360 with heads at (x, y); what juts out is cut off."""
    picture = np.full((360, 640, 3), 90, dtype=np.uint8)
    for x, y, pixels in heads:
        top, left = max(y, 0), max(x, 0)
        visible = pixels[top - y :, left - x :][: 360 - top, : 640 - left]
        picture[top : top + visible.shape[0], left : left + visible.shape[1]] = visible
    return picture


def five_heads(astronaut: np.ndarray) -> np.ndarray:
    sides = (250, 190, 150, 120, 100)
    places = ((0, 0), (250, 0), (440, 0), (0, 240), (250, 220))
    return canvas(
        *(
            (x, y, head(astronaut, side, mirrored=i % 2 == 1))
            for i, (side, (x, y)) in enumerate(zip(sides, places))
        )
    )


def overlapping_heads(astronaut: np.ndarray) -> np.ndarray:
    """A small face before the neck of a large one: half of its box lies in the other's."""
    small = head(astronaut, 110, mirrored=True)[:60, 27:82]
    return canvas((200, 50, head(astronaut, 260)), (350, 120, small))


def pictures(astronaut: np.ndarray) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(7).integers(0, 256, (360, 640, 1), dtype=np.uint8)
    return {
        "none": canvas(),
        "noise": np.repeat(noise, 3, axis=2),
        "one": canvas((200, 50, head(astronaut, 260))),
        "two": canvas(
            (20, 10, head(astronaut, 330)), (420, 100, head(astronaut, 140, mirrored=True))
        ),
        "five": five_heads(astronaut),
        "overlapping": overlapping_heads(astronaut),
        "half outside": canvas((-118, 40, head(astronaut, 260))),
    }


NAMES = ("none", "noise", "one", "two", "five", "overlapping", "half outside")


@pytest.mark.parametrize("name", NAMES)
def test_finds_what_facenet_pytorch_finds(name, astronaut):
    comparison = compare(iter([pictures(astronaut)[name]]))
    assert comparison.sure_found == comparison.sure
    assert comparison.invented == 0
    assert comparison.furthest_px <= MOST_DEVIATION_PX


@pytest.mark.parametrize(
    ("name", "count"),
    [("none", 0), ("noise", 0), ("one", 1), ("two", 2), ("five", 5), ("overlapping", 2)],
)
def test_finds_as_many_faces_as_there_are(name, count, astronaut):
    found = detector(min_score=SURE_SCORE).detect(batch_of(pictures(astronaut)[name][None]))
    assert len(found) == count


def test_agrees_with_facenet_pytorch_at_many_sizes_and_places(astronaut):
    random = np.random.default_rng(3)
    frames = (
        canvas(
            (
                int(random.integers(-60, 500)),
                int(random.integers(-40, 200)),
                head(astronaut, int(random.integers(90, 340)), mirrored=bool(i % 2)),
            )
        )
        for i in range(40)
    )
    compare(frames).check(least_sure=30)


def test_the_left_eye_is_the_one_on_the_left_of_the_picture(astronaut):
    frames = np.stack([canvas((200, 50, head(astronaut, 260, mirrored=m))) for m in (False, True)])
    found = detector(min_score=SURE_SCORE).detect(batch_of(frames))
    left_eye, right_eye, nose, mouth_left, mouth_right = found.landmarks_px.swapaxes(0, 1)
    assert (left_eye[:, 0] < nose[:, 0]).all()
    assert (nose[:, 0] < right_eye[:, 0]).all()
    assert (mouth_left[:, 0] < mouth_right[:, 0]).all()
    assert (np.maximum(left_eye, right_eye)[:, 1] < nose[:, 1]).all()
    assert (nose[:, 1] < np.minimum(mouth_left, mouth_right)[:, 1]).all()


def test_landmarks_lie_in_their_box(astronaut):
    found = detector(min_score=SURE_SCORE).detect(batch_of(five_heads(astronaut)[None]))
    low = found.box_px[:, None, :2]
    high = low + found.box_px[:, None, 2:]
    assert ((found.landmarks_px > low) & (found.landmarks_px < high)).all()


@pytest.mark.parametrize("size", [(1, 1), (11, 11), (11, 600), (600, 11), (1, 640)])
def test_frames_smaller_than_the_networks_window_hold_no_face(size):
    frames = np.random.default_rng(0).integers(0, 256, (2, *size, 3), dtype=np.uint8)
    assert len(detector(min_face_px=12).detect(batch_of(frames))) == 0


@pytest.mark.parametrize("size", [(12, 12), (13, 12), (39, 40), (40, 40), (41, 77)])
def test_small_frames_can_be_searched(size, astronaut):
    frame = resized(astronaut[40:220, 140:320], height=size[0], width=size[1])
    found = detector(min_face_px=12).detect(batch_of(frame[None]))
    assert np.isfinite(found.box_px).all()


def test_frames_smaller_than_the_smallest_face_hold_none(astronaut):
    frame = resized(astronaut[40:220, 140:320], height=79, width=79)
    assert len(detector(min_face_px=40).detect(batch_of(frame[None]))) == 1
    assert len(detector(min_face_px=80).detect(batch_of(frame[None]))) == 0


def test_no_frames_hold_no_faces():
    found = detector().detect(batch_of(np.empty((0, 360, 640, 3), dtype=np.uint8)))
    assert len(found) == 0


def test_frames_that_cannot_be_written_to_are_searched_without_a_warning(always_warning, astronaut):
    frames = canvas((200, 50, head(astronaut, 260)))[None]
    expected = faces_of_row(detector().detect(batch_of(frames)), 0)
    frames.setflags(write=False)
    assert_same_bits(faces_of_row(detector().detect(batch_of(frames)), 0), expected)


@pytest.fixture
def always_warning():
    """Lets torch say each time what it otherwise says once per process."""
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(before)


@pytest.mark.parametrize("least", [0.7, 0.9, 0.999])
def test_every_face_reaches_the_least_score(least, astronaut):
    frames = batch_of(np.stack(list(pictures(astronaut).values())))
    everything = detector(min_score=LEAST_SCORE).detect(frames)
    found = detector(min_score=least).detect(frames)
    assert (found.score >= least).all()
    assert len(found) == (everything.score >= least).sum()


def test_faces_are_ordered_by_frame_then_falling_score(astronaut):
    found = detector().detect(batch_of(np.stack(list(pictures(astronaut).values()))))
    assert (np.diff(found.frame_row) >= 0).all()
    same_frame = np.diff(found.frame_row) == 0
    assert same_frame.sum() >= 4
    assert (np.diff(found.score)[same_frame] <= 0).all()


def sixteen_frames(astronaut: np.ndarray) -> np.ndarray:
    base = list(pictures(astronaut).values())
    return np.stack([np.roll(base[i % len(base)], 7 * i, axis=1) for i in range(16)])


def assert_same_bits(one: Faces, other: Faces) -> None:
    np.testing.assert_array_equal(one.corners, other.corners)
    np.testing.assert_array_equal(one.scores, other.scores)
    np.testing.assert_array_equal(one.landmarks, other.landmarks)


@pytest.mark.parametrize("size", [1, 3, 16])
def test_a_frames_faces_have_the_same_bits_in_batches_of_any_size(size, astronaut):
    frames = sixteen_frames(astronaut)
    ours = detector()
    together = ours.detect(batch_of(frames))
    for start in range(0, len(frames), size):
        part = ours.detect(batch_of(frames[start : start + size]))
        for row in range(min(size, len(frames) - start)):
            assert_same_bits(faces_of_row(part, row), faces_of_row(together, start + row))


def test_a_frames_faces_have_the_same_bits_in_any_order(astronaut):
    frames = sixteen_frames(astronaut)
    order = np.random.default_rng(1).permutation(len(frames))
    ours = detector()
    sorted_, shuffled = ours.detect(batch_of(frames)), ours.detect(batch_of(frames[order]))
    for place, row in enumerate(order):
        assert_same_bits(faces_of_row(shuffled, place), faces_of_row(sorted_, int(row)))


def decoded(name: str, *, every: int) -> Iterator[np.ndarray]:
    with av.open(str(VIDEOS / name)) as container:
        for frame in islice(container.decode(video=0), 0, None, every):
            yield frame.to_ndarray(format="rgb24")


@pytest.mark.skipif(not VIDEOS.is_dir(), reason="the shared clips are not on this machine")
@pytest.mark.parametrize(
    ("name", "every", "least_sure"),
    [
        ("talk_360p_1face.mp4", 8, 50),
        ("single_face_360p.mp4", 8, 8),
        ("hevc_vfr_face_then_none.mov", 8, 5),
        ("no_face_540p.mp4", 8, 0),
        ("crowd_1080p_7faces.mp4", 20, 25),
    ],
)
def test_agrees_with_facenet_pytorch_on_real_clips(name, every, least_sure):
    compare(decoded(name, every=every)).check(least_sure=least_sure)

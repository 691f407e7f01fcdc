"""The whole face stage: what it finds depends on the video and the settings, on nothing else."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import torch

import vidfer
from tests.faces.pictures import FPS, canvas, head, planes_of
from tests.faces.scripted import (
    SIDE_PX,
    Film,
    ScriptedCascade,
    ScriptedFace,
    frames_of,
    still,
)
from vidfer.batches import FrameBatch
from vidfer.faces.finder import FaceFinder
from vidfer.faces.matching import overlaps
from vidfer.faces.numbering import FaceNumbering
from vidfer.faces.quality import QualityGate
from vidfer.faces.settling import Settler
from vidfer.faces.tracking import FaceTracker
from vidfer.stages import Stages
from vidfer.timeline.reader import table_to_polars

GATE = QualityGate(face_px=0, sharpness=0, brightness_min=0, brightness_max=1, yaw_deg=90)


@dataclass
class Found:
    """What a finder made of a film, face by face, and which frames it searched."""

    frame: np.ndarray
    box_px: np.ndarray
    score: np.ndarray
    tracked: np.ndarray
    track: np.ndarray
    crops: np.ndarray
    searched: list[int]

    def assert_same(self, other: "Found") -> None:
        for name in ("frame", "box_px", "score", "tracked", "track", "crops"):
            np.testing.assert_array_equal(getattr(self, name), getattr(other, name))
        assert sorted(self.searched) == sorted(other.searched)


def finder_of(cascade: ScriptedCascade, *, detect_every: int) -> FaceFinder:
    return FaceFinder(
        cascade=cascade,
        settler=Settler(lambda views: torch.zeros(len(views), 4)),
        gate=GATE,
        min_score=0.8,
        min_face_px=int(SIDE_PX),
        detect_every=detect_every,
        device=torch.device("cpu"),
    )


def drive(
    film: Film, *, chunks: list[int], detect_every: int = 8, scene: list[int] | None = None
) -> Found:
    """Show a film to a finder, cut into chunks of these lengths."""
    cascade = ScriptedCascade(film)
    finder = finder_of(cascade, detect_every=detect_every)
    scenes = scene or [0] * len(film)
    starts = np.cumsum([0, *chunks])
    assert starts[-1] == len(film)
    batches = [
        frames_of(count, first=int(start), scene=scenes[start : start + count])
        for start, count in zip(starts, chunks)
    ]
    glances = [finder.glance(batch) for batch in batches]
    outlines = [glance.outline for glance in glances]
    faces = [finder.find(*pair) for pair in zip(glances, [*outlines[1:], None])]
    numbering = FaceNumbering(FaceTracker(gap_s=1.0))
    parts = list(zip(batches, outlines, faces))
    found = [part.detections for part in faces]
    return Found(
        frame=np.concatenate([b.index[d.frame_row] for b, d in zip(batches, found)]),
        box_px=np.concatenate([d.box_px for d in found]),
        score=np.concatenate([d.score for d in found]),
        tracked=np.concatenate([d.tracked for d in found]),
        track=np.concatenate([numbering.number(*part) for part in parts]),
        crops=np.concatenate([part.crops for part in faces]),
        searched=cascade.found,
    )


def walk(seed: int, count: int = 48) -> tuple[Film, list[int]]:
    """Faces that wander at random, come, go and are doubted, over some cuts."""
    random = np.random.default_rng(seed)
    places = random.uniform(0, (100, 50), (3, 2))
    present = random.random(3) < 0.7
    film: Film = []
    for _ in range(count):
        places = (places + random.normal(0, 2.5, places.shape)).clip(0, (107, 51))
        present ^= random.random(3) < 0.08
        scores = random.choice([0.99, 0.96, 0.88, 0.75], 3, p=[0.6, 0.2, 0.15, 0.05])
        film.append(
            [
                ScriptedFace(float(x), float(y), score=float(score))
                for (x, y), score, is_there in zip(places, scores, present)
                if is_there
            ]
        )
    scene = np.cumsum(random.random(count) < 0.05) % 2
    return film, scene.tolist()


GROUPINGS = [[8] * 6, [16, 32], [24, 8, 16], [40, 8], [8, 40]]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("chunks", GROUPINGS, ids=str)
def test_how_slots_are_grouped_into_chunks_changes_no_bit(seed, chunks):
    film, scene = walk(seed)
    drive(film, chunks=chunks, scene=scene).assert_same(drive(film, chunks=[48], scene=scene))


@pytest.mark.parametrize("seed", range(3))
def test_a_video_that_ends_within_a_slot_is_searched_in_its_last_frame(seed):
    film, scene = walk(seed, count=43)
    whole = drive(film, chunks=[43], scene=scene)
    whole.assert_same(drive(film, chunks=[16, 24, 3], scene=scene))
    assert 42 in whole.searched


def test_searching_every_frame_tracks_nothing():
    film, scene = walk(0)
    found = drive(film, chunks=[16, 16, 16], detect_every=1, scene=scene)
    assert not found.tracked.any()
    assert found.searched == list(range(48))
    wanted = [i for i, faces in enumerate(film) for face in faces if face.score >= 0.8]
    assert found.frame.tolist() == wanted


def test_of_a_face_that_moves_evenly_only_one_frame_a_slot_is_searched():
    film = [[ScriptedFace(5 + 2 * i)] for i in range(48)]
    found = drive(film, chunks=[16, 16, 16])
    assert sorted(found.searched) == [0, 8, 16, 24, 32, 40, 47]
    assert found.frame.tolist() == list(range(48))
    assert found.tracked.tolist() == [i not in found.searched for i in range(48)]
    assert set(found.track) == {0}


@pytest.mark.parametrize("cut", [3, 8, 16, 21])
@pytest.mark.parametrize("chunks", [[32], [16, 16], [8] * 4], ids=str)
def test_tracks_end_at_cuts_and_both_sides_of_a_cut_are_searched(cut, chunks):
    scene = [0] * cut + [1] * (32 - cut)
    found = drive([[still()]] * 32, chunks=chunks, scene=scene)
    assert found.track.tolist() == scene
    assert {cut - 1, cut} <= set(found.searched)


def test_faces_below_the_least_score_are_not_reported():
    film = [[still(score=0.75), ScriptedFace(90, score=0.9)]] * 16
    found = drive(film, chunks=[16])
    assert set(found.score.tolist()) == {np.float32(0.9)}


def test_chunks_of_another_size_are_found_for_themselves():
    film = [[still()]] * 16
    cascade = ScriptedCascade(film)
    finder = finder_of(cascade, detect_every=8)
    small, large = frames_of(8), frames_of(8, first=8)
    wide = np.concatenate([large.frames, large.frames], axis=2)
    glances = [finder.glance(small), finder.glance(FrameBatch(wide, large.index, large.time_s))]
    assert (
        len(finder.find(glances[0], glances[1].outline)) == len(finder.find(glances[1], None)) == 8
    )
    assert sorted(cascade.found) == [0, 7, 8, 15]


@pytest.fixture(scope="module")
def clip(astronaut) -> np.ndarray:
    """A head that moves and grows; another one that comes and goes; a cut in the middle."""
    before = [
        canvas((10 + 3 * i, 20 + i, head(astronaut, 110 + i)), size=(192, 320)) for i in range(20)
    ]
    both = [(150 - 2 * i, 30, head(astronaut, 120, mirrored=True)) for i in range(24)]
    comes = [(290 - 12 * i, 70 - i, head(astronaut, 100)) for i in range(24)]
    after = [
        canvas(one, *([other] if i >= 4 else []), size=(192, 320), grey=200)
        for i, (one, other) in enumerate(zip(both, comes))
    ]
    return np.stack(before + after)


def settings_of(*, detect_every: int, chunk_frames: int = 16, threads: int = 1):
    return vidfer.AnalyzeSettings(
        detect_every=detect_every, chunk_frames=chunk_frames, threads=threads
    )


def analysed(clip: np.ndarray, settings: vidfer.AnalyzeSettings) -> pl.DataFrame:
    return vidfer.analyze_frames(clip, np.arange(len(clip)) / FPS, settings=settings)


@pytest.fixture(scope="module")
def searched(clip) -> pl.DataFrame:
    return analysed(clip, settings_of(detect_every=1))


@pytest.fixture(scope="module")
def followed(clip) -> pl.DataFrame:
    return analysed(clip, settings_of(detect_every=8))


@pytest.mark.parametrize(("threads", "chunk_frames"), [(2, 8), (2, 16), (1, 8), (1, 64), (2, 64)])
def test_threads_and_chunks_change_no_row_of_what_is_followed(
    threads, chunk_frames, clip, followed
):
    settings = settings_of(detect_every=8, threads=threads, chunk_frames=chunk_frames)
    assert analysed(clip, settings).equals(followed)


@pytest.mark.parametrize(("threads", "chunk_frames"), [(2, 8), (1, 64)])
def test_threads_and_chunks_change_no_row_of_what_is_searched(
    threads, chunk_frames, clip, searched
):
    settings = settings_of(detect_every=1, threads=threads, chunk_frames=chunk_frames)
    assert analysed(clip, settings).equals(searched)


def agreement(rows: pl.DataFrame, others: pl.DataFrame) -> float:
    """Return how many faces of `rows` overlap one of `others` in their frame by 0.7 or more."""
    same = []
    for (frame,), faces in rows.drop_nulls("box_x").group_by("frame"):
        there = others.filter((pl.col("frame") == frame) & pl.col("box_x").is_not_null())
        overlap = overlaps(boxes_of(faces), boxes_of(there))
        same += (overlap.max(axis=1, initial=0) >= 0.7).tolist()
    return float(np.mean(same))


def boxes_of(rows: pl.DataFrame) -> np.ndarray:
    return rows.select("box_x", "box_y", "box_w", "box_h").to_numpy()


def test_following_finds_what_searching_every_frame_finds(searched, followed):
    assert set(searched["box_source"].drop_nulls()) == {"detected"}
    assert 0.5 < (followed["box_source"] == "tracked").mean() < 0.95
    assert agreement(searched, followed) >= 0.97
    assert agreement(followed, searched) >= 0.97


def test_following_reads_the_same_emotions(searched, followed):
    main = [rows.filter(pl.col("face") == 0) for rows in (searched, followed)]
    both = main[0].join(main[1], on="frame")
    assert (both["emotion"] == both["emotion_right"]).mean() >= 0.95


def test_no_track_crosses_the_cut(followed):
    before = followed.filter(pl.col("frame") < 20)["track"].drop_nulls()
    after = followed.filter(pl.col("frame") >= 20)["track"].drop_nulls()
    assert set(before) == {0}
    assert not set(before) & set(after)


def test_planes_give_nearly_the_rows_of_rgb(clip, followed):
    tables: list[pa.Table] = []
    stages = Stages(settings_of(detect_every=8))
    time_s = np.arange(len(clip)) / FPS
    chunks = (
        FrameBatch(planes_of(clip[start : start + 16]), index, time_s[index])
        for start in range(0, len(clip), 16)
        for index in [np.arange(start, min(start + 16, len(clip)), dtype=np.int64)]
    )
    stages.run(chunks, video="planes", write=tables.append)
    rows = table_to_polars(pa.concat_tables(tables).unify_dictionaries())
    assert agreement(rows, followed) >= 0.97
    assert agreement(followed, rows) >= 0.97

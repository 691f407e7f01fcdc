"""The gate again, with other limits."""

import pytest

import vidfer
from tests.analysis.timelines import face, no_face, timeline
from vidfer.errors import SettingsError

BAD = {
    "min_face_px": {"box_w": 39.0, "box_h": 39.0},
    "min_sharpness": {"sharpness": 29.0},
    "min_brightness": {"brightness": 0.11},
    "max_brightness": {"brightness": 0.93},
    "max_yaw_deg": {"yaw_deg": -46.0},
}


def usable(row: dict, **limits) -> bool | None:
    return vidfer.gate(timeline(row), **limits).collect()["usable"].item()


@pytest.mark.parametrize("values", BAD.values(), ids=BAD)
def test_its_defaults_are_those_of_analyze(values):
    assert usable(face(0, 0.0, usable=False))
    assert not usable(face(0, 0.0, **values))


def test_the_longer_side_of_the_box_counts():
    assert usable(face(0, 0.0, box_w=20.0, box_h=40.0))


@pytest.mark.parametrize(
    ("limits", "values"),
    [
        ({"min_face_score": 0.9}, {"face_score": 0.9}),
        ({"min_brightness": 0.12}, {"brightness": 0.12}),
        ({"min_margin": 0.25}, {"happy": 0.625, "sad": 0.375}),
    ],
)
def test_reaching_a_limit_passes_it(limits, values):
    assert usable(face(0, 0.0, **values), **limits)


def test_the_margin_is_between_the_two_largest_probabilities():
    row = face(0, 0.0, happy=0.5, sad=0.4)
    assert usable(row, min_margin=0.09)
    assert not usable(row, min_margin=0.11)


def test_a_frame_without_a_face_is_neither():
    assert usable(no_face(0, 0.0)) is None


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"min_face_px": -1}, "min_face_px must be a number at least 0; got -1"),
        ({"min_margin": 2}, "min_margin must be a number at least 0 and at most 1; got 2"),
        ({"min_brightness": 0.95}, r"max_brightness \(0.92\) must not be below"),
    ],
)
def test_limits_out_of_range_are_refused(limits, sentence):
    with pytest.raises(SettingsError, match=sentence):
        vidfer.gate(timeline(), **limits)

"""Test-time augmentation averages what the network says of a picture seen in several ways."""

import numpy as np
import pytest
import torch
from torch import nn

from vidfer.errors import SettingsError
from vidfer.training.evaluation.views import pictures_by_view, probabilities_of, require_views

CPU = torch.device("cpu")
SHIFT = 2


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (5, 48, 48), dtype=np.uint8)


class Brightness(nn.Module):
    """Says class 0 the more, the brighter the left half is than the right."""

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        difference = crops[..., :24].mean(dim=(1, 2, 3)) - crops[..., 24:].mean(dim=(1, 2, 3))
        return nn.functional.pad(difference[:, None], (0, 6))


@pytest.mark.parametrize(("views", "count"), [("single", 1), ("flip", 2), ("ten", 10)])
def test_each_kind_has_its_number_of_views(views, count, pictures):
    seen = list(pictures_by_view(pictures, views))
    assert len(seen) == count
    assert all(view.shape == pictures.shape and view.dtype == np.uint8 for view in seen)
    assert len({view.tobytes() for view in seen}) == count


@pytest.mark.parametrize("views", ["single", "flip", "ten"])
def test_the_picture_itself_is_among_the_views(views, pictures):
    assert pictures.tobytes() in {view.tobytes() for view in pictures_by_view(pictures, views)}


@pytest.mark.parametrize("views", ["flip", "ten"])
def test_each_view_is_there_mirrored_too(views, pictures):
    seen = {view.tobytes() for view in pictures_by_view(pictures, views)}
    assert {view[:, :, ::-1].tobytes() for view in pictures_by_view(pictures, views)} == seen


def test_shifted_pictures_keep_the_edges(pictures):
    upper_left, *_ = pictures_by_view(pictures, "ten")
    np.testing.assert_array_equal(upper_left[:, :-SHIFT, :-SHIFT], pictures[:, SHIFT:, SHIFT:])
    for row in range(1, SHIFT + 1):
        np.testing.assert_array_equal(upper_left[:, -row, :-SHIFT], pictures[:, -1, SHIFT:])


def test_probabilities_are_the_mean_of_the_views(pictures, make_faces):
    faces = make_faces(5)
    single, flip = (
        probabilities_of(Brightness(), faces, temperature=0.5, views=views, device=CPU)
        for views in ("single", "flip")
    )
    mirrored = type(faces)(pictures=faces.pictures[:, :, ::-1].copy(), labels=faces.labels)
    other = probabilities_of(Brightness(), mirrored, temperature=0.5, views="single", device=CPU)
    np.testing.assert_allclose(flip, (single + other) / 2)


def test_what_a_mirror_cannot_tell_apart_is_as_likely_either_way(make_faces):
    faces = make_faces(3)
    mirrored = type(faces)(pictures=faces.pictures[:, :, ::-1].copy(), labels=faces.labels)
    for views in ("flip", "ten"):
        here, there = (
            probabilities_of(Brightness(), one, temperature=1.0, views=views, device=CPU)
            for one in (faces, mirrored)
        )
        np.testing.assert_allclose(here, there, atol=1e-7)


def test_probabilities_are_calibrated_and_sum_to_one(make_faces):
    sharp, flat = (
        probabilities_of(Brightness(), make_faces(9), temperature=t, views="ten", device=CPU)
        for t in (0.1, 10.0)
    )
    for probabilities in (sharp, flat):
        assert probabilities.dtype == np.float64
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert sharp.max() > flat.max()


def test_other_views_are_refused_with_the_known_ones():
    with pytest.raises(SettingsError, match=r"single, flip, ten; got 'five'"):
        require_views("five")

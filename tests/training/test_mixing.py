"""Mixed pictures come with targets mixed in the same shares."""

from collections.abc import Iterator

import pytest
import torch

from vidfer.emotions import EMOTIONS
from vidfer.training.augmentation import Augmentation
from vidfer.training.mixing import mix

BATCH, SIDE = 7, 48
LABELS = torch.arange(BATCH)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def flat_pictures() -> torch.Tensor:
    """Picture i is grey level 10 i, so that a mixture shows whose it is."""
    return (10.0 * LABELS).view(-1, 1, 1).expand(BATCH, SIDE, SIDE).clone()


def one_hot() -> torch.Tensor:
    return torch.nn.functional.one_hot(LABELS, len(EMOTIONS)).float()


def mixtures(count: int, **settings: float) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    draw = generator()
    for _ in range(count):
        yield mix(flat_pictures(), LABELS, settings=Augmentation(**settings), generator=draw)


def shares_of_partner(targets: torch.Tensor) -> torch.Tensor:
    """How much of each target belongs to the picture's partner, float (B,)."""
    return 1 - targets[LABELS, LABELS]


def test_without_either_the_batch_comes_back_as_it_is():
    pictures, state = flat_pictures(), generator()
    before = state.get_state()
    result, targets = mix(pictures, LABELS, settings=Augmentation(), generator=state)
    assert result is pictures
    assert targets is LABELS
    assert torch.equal(state.get_state(), before)


@pytest.mark.parametrize(
    "settings", [{"mixup": 0.2}, {"mixup": 1}, {"cutmix": 1}, {"mixup": 0.4, "cutmix": 1}]
)
def test_targets_stay_probabilities_and_pictures_pictures(settings):
    for pictures, targets in mixtures(30, **settings):
        assert (pictures.shape, pictures.dtype) == ((BATCH, SIDE, SIDE), torch.float32)
        assert (targets.shape, targets.dtype) == ((BATCH, len(EMOTIONS)), torch.float32)
        assert targets.min() >= 0
        torch.testing.assert_close(targets.sum(dim=1), torch.ones(BATCH))
        assert pictures.min() >= 0
        assert pictures.max() <= 60


@pytest.mark.parametrize("settings", [{"mixup": 0.7}, {"cutmix": 1.0}])
def test_the_target_has_each_pictures_share_of_the_mixture(settings):
    """Picture i and its partner 6 - i differ in brightness: the mean tells the shares."""
    for pictures, targets in mixtures(30, **settings):
        expected = (targets * 10 * LABELS).sum(dim=1)
        torch.testing.assert_close(pictures.mean(dim=(1, 2)), expected, atol=1e-3, rtol=0)


def test_mixup_blends_every_pixel_alike():
    for pictures, _ in mixtures(10, mixup=1):
        assert (pictures.flatten(1).std(dim=1) < 1e-4).all()


def test_cutmix_pastes_one_rectangle_of_the_partner_at_the_same_place():
    for pictures, targets in mixtures(30, cutmix=1):
        pasted = pictures[0] == 60  # the first picture is black, its partner 60
        assert ((pictures[0] == 0) | pasted).all()
        rows, columns = pasted.any(dim=1), pasted.any(dim=0)
        assert torch.equal(pasted, rows.unsqueeze(1) & columns)
        assert shares_of_partner(targets)[0].item() == pytest.approx(pasted.float().mean().item())


def test_shares_differ_from_batch_to_batch_and_follow_the_strength():
    """Beta(a, a) lies near 0 and 1 for a small a, near a half for a large one."""
    spread, narrow = (
        torch.stack([shares_of_partner(t)[0] for _, t in mixtures(200, mixup=a)]) for a in (0.1, 20)
    )
    assert spread.std() > 0.35
    assert narrow.std() < 0.12
    assert narrow.mean().item() == pytest.approx(0.5, abs=0.05)


def test_with_both_switched_on_about_half_of_the_batches_get_each():
    blended = [p.flatten(1).std(dim=1).max() < 1e-4 for p, _ in mixtures(200, mixup=1, cutmix=1)]
    assert 70 < sum(map(int, blended)) < 140  # some pastes cover nothing or all


def test_labels_and_the_same_as_probabilities_give_the_same():
    settings = Augmentation(mixup=1)
    of_labels = mix(flat_pictures(), LABELS, settings=settings, generator=generator())
    of_shares = mix(flat_pictures(), one_hot(), settings=settings, generator=generator())
    for one, other in zip(of_labels, of_shares):
        assert torch.equal(one, other)


def test_the_generator_decides_everything():
    one, same, other = (
        mix(flat_pictures(), LABELS, settings=Augmentation(cutmix=1), generator=generator(seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(one[0], same[0])
    assert not torch.equal(one[0], other[0])


def test_the_original_pictures_are_left_alone():
    pictures = flat_pictures()
    mix(pictures, LABELS, settings=Augmentation(cutmix=1), generator=generator())
    assert torch.equal(pictures, flat_pictures())

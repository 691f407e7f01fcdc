"""Seven probabilities per crop, the same bits in any company."""

import numpy as np
import pytest
import torch

from vidfer.emotion.cards import ModelCard
from vidfer.emotion.classifier import EmotionClassifier
from vidfer.emotion.models import EmotionModel
from vidfer.emotion.networks import NETWORKS
from vidfer.emotion.preparation import prepare_crops
from vidfer.emotions import EMOTIONS

CPU = torch.device("cpu")
BATCH_SIZES = (1, 7, 64)


def model_of(name: str, *, temperature: float = 1.0) -> EmotionModel:
    torch.manual_seed(4)
    card = ModelCard(
        name=name, network=name, weights_sha256="", temperature=temperature, parameters=0
    )
    return EmotionModel(card=card, network=NETWORKS[name]().eval())


def classifier_of(
    *, name: str = "paper", batch_size: int = 64, temperature: float = 1.0
) -> EmotionClassifier:
    model = model_of(name, temperature=temperature)
    return EmotionClassifier(model, device=CPU, batch_size=batch_size)


@pytest.fixture(params=NETWORKS)
def name(request) -> str:
    return request.param


def test_probabilities_lie_between_zero_and_one_and_sum_to_one(name, crops):
    probabilities = classifier_of(name=name).classify(crops).probabilities
    assert probabilities.shape == (len(crops), len(EMOTIONS))
    assert (probabilities >= 0).all()
    assert (probabilities <= 1).all()
    np.testing.assert_allclose(probabilities.astype(np.float64).sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("temperature", [0.05, 0.5, 3.0, 20.0])
def test_probabilities_sum_to_one_at_any_temperature(temperature, crops):
    probabilities = classifier_of(temperature=temperature).classify(crops).probabilities
    np.testing.assert_allclose(probabilities.astype(np.float64).sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("batch_size", BATCH_SIZES)
def test_the_batch_size_changes_no_bit(name, batch_size, crops):
    expected = classifier_of(name=name, batch_size=70).classify(crops).probabilities
    actual = classifier_of(name=name, batch_size=batch_size).classify(crops).probabilities
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("batch_size", [7, 64])
@pytest.mark.parametrize("company", [1, 2, 16, 17, 65])
def test_the_number_of_crops_changes_no_bit(batch_size, company, crops):
    classifier = classifier_of(batch_size=batch_size)
    expected = classifier.classify(crops).probabilities[:company]
    np.testing.assert_array_equal(classifier.classify(crops[:company]).probabilities, expected)


def test_the_order_of_crops_changes_no_bit(name, crops):
    classifier = classifier_of(name=name)
    order = np.random.default_rng(2).permutation(len(crops))
    expected = classifier.classify(crops).probabilities[order]
    np.testing.assert_array_equal(classifier.classify(crops[order]).probabilities, expected)


@pytest.mark.parametrize("level", [0, 255])
def test_the_other_crops_change_no_bit(level, crops):
    classifier = classifier_of()
    others = np.full((20, 48, 48), level, dtype=np.uint8)
    alone = classifier.classify(crops[:1]).probabilities
    among = classifier.classify(np.concatenate([others, crops[:1], others])).probabilities
    np.testing.assert_array_equal(among[20:21], alone)


def test_no_crops_give_no_probabilities():
    result = classifier_of().classify(np.empty((0, 48, 48), dtype=np.uint8))
    assert len(result) == 0
    assert result.probabilities.shape == (0, len(EMOTIONS))


def test_probabilities_are_the_softmax_of_the_networks_logits(name, crops):
    with torch.inference_mode():
        logits = model_of(name).network(prepare_crops(torch.from_numpy(crops)))
        expected = torch.softmax(logits / 2.5, dim=1).numpy()
    actual = classifier_of(name=name, temperature=2.5).classify(crops).probabilities
    np.testing.assert_allclose(actual, expected, atol=1e-4)


def test_a_higher_temperature_is_less_sure_of_the_same_class(crops):
    cold, warm = (classifier_of(temperature=t).classify(crops).probabilities for t in (1.0, 2.0))
    np.testing.assert_array_equal(cold.argmax(axis=1), warm.argmax(axis=1))
    assert (cold.max(axis=1) > warm.max(axis=1)).all()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_crop_is_classified_like_any_other(level):
    probabilities = classifier_of().classify(np.full((1, 48, 48), level, np.uint8)).probabilities
    assert np.isfinite(probabilities).all()
    assert probabilities.sum() == pytest.approx(1, abs=1e-6)


def test_crops_are_left_as_they_are(crops):
    before = crops.copy()
    classifier_of().classify(crops)
    np.testing.assert_array_equal(crops, before)

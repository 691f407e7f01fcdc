"""Seven probabilities per crop, the same bits in any company."""

import numpy as np
import pytest
import torch

from vidfer.emotion.cards import ModelCard, shipped_models
from vidfer.emotion.classifier import EmotionClassifier
from vidfer.emotion.models import EmotionModel, load_model
from vidfer.emotion.networks import NETWORKS
from vidfer.emotion.preparation import prepare_crops
from vidfer.emotions import EMOTIONS

CPU = torch.device("cpu")
BATCH_SIZES = (1, 7, 64)
PRECISIONS = ("float32", "bfloat16")


def model_of(name: str, *, temperature: float = 1.0) -> EmotionModel:
    torch.manual_seed(4)
    card = ModelCard(
        name=name, network=name, weights_sha256="", temperature=temperature, parameters=0
    )
    return EmotionModel(card=card, network=NETWORKS[name]().eval())


def classifier_of(
    *,
    name: str = "paper",
    batch_size: int = 64,
    temperature: float = 1.0,
    precision: str = "float32",
) -> EmotionClassifier:
    model = model_of(name, temperature=temperature)
    return EmotionClassifier(model, device=CPU, batch_size=batch_size, precision=precision)


# How far bfloat16 may move a probability of a shipped model; docs/models.md says how far
# it moves those of PublicTest.
MOST_MOVED = 0.03


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    """Thirty-two drawn faces, uint8 (32, 48, 48), of other mouths, eyes, light and place."""
    random = np.random.default_rng(5)
    y, x = np.mgrid[0:48, 0:48].astype(np.float64)
    return np.stack([draw_face(x, y, random) for _ in range(32)])


def draw_face(x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> np.ndarray:
    x, y = x - random.uniform(-2, 2), y - random.uniform(-2, 2)
    face = np.where(((x - 24) / 19) ** 2 + ((y - 25) / 23) ** 2 < 1, 170.0, 60.0)
    curve, opened = random.uniform(-0.05, 0.05), random.uniform(1, 5)
    mouth = np.abs(y - 37 - curve * (x - 24) ** 2) < opened
    face[mouth & (np.abs(x - 24) < random.uniform(5, 10))] = 50
    for eye_px in (16, 32):
        face[((x - eye_px) / 4) ** 2 + ((y - 20) / random.uniform(1, 4)) ** 2 < 1] = 30
    noisy = face * random.uniform(0.4, 1.3) + random.normal(0, 6, face.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


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


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("batch_size", BATCH_SIZES)
def test_the_batch_size_changes_no_bit(name, batch_size, precision, crops):
    few = crops[: 2 * batch_size + 3]  # more would change the time only
    options = {"name": name, "precision": precision}
    expected = classifier_of(**options, batch_size=70).classify(few).probabilities
    actual = classifier_of(**options, batch_size=batch_size).classify(few).probabilities
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("batch_size", [7, 64])
@pytest.mark.parametrize("company", [1, 2, 16, 17, 65])
def test_the_number_of_crops_changes_no_bit(batch_size, company, precision, crops):
    classifier = classifier_of(batch_size=batch_size, precision=precision)
    expected = classifier.classify(crops).probabilities[:company]
    np.testing.assert_array_equal(classifier.classify(crops[:company]).probabilities, expected)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_order_of_crops_changes_no_bit(name, precision, crops):
    classifier = classifier_of(name=name, precision=precision)
    crops = crops[:40]
    order = np.random.default_rng(2).permutation(len(crops))
    expected = classifier.classify(crops).probabilities[order]
    np.testing.assert_array_equal(classifier.classify(crops[order]).probabilities, expected)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("level", [0, 255])
def test_the_other_crops_change_no_bit(level, precision, crops):
    classifier = classifier_of(precision=precision)
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


@pytest.mark.parametrize("name", shipped_models())
def test_bfloat16_says_what_float32_says_of_faces_it_was_trained_for(name, faces):
    exact, rounded = (
        EmotionClassifier(load_model(name), device=CPU, batch_size=64, precision=precision)
        .classify(faces)
        .probabilities
        for precision in PRECISIONS
    )
    np.testing.assert_allclose(rounded, exact, atol=MOST_MOVED)
    # Where the two best are further apart than that, the most likely emotion is the same.
    best = np.sort(exact, axis=1)
    clear = best[:, -1] - best[:, -2] > 2 * MOST_MOVED
    assert clear.any()
    np.testing.assert_array_equal(rounded.argmax(axis=1)[clear], exact.argmax(axis=1)[clear])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_says_in_which_precision_it_computes(precision):
    assert classifier_of(precision=precision).precision == precision
    assert classifier_of(precision="auto").precision in PRECISIONS


def test_the_model_can_be_used_again():
    model = model_of("compact")
    EmotionClassifier(model, device=CPU, batch_size=1, precision="bfloat16")
    assert {weights.dtype for weights in model.network.parameters()} == {torch.float32}


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

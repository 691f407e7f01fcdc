"""Every figure of a split follows from its faces and the probabilities."""

import json

import numpy as np
import pytest

from vidfer.emotions import EMOTIONS
from vidfer.training.data.copies import are_copies, picture_groups
from vidfer.training.data.labelled_faces import LabelledFaces
from vidfer.training.evaluation.split import SplitEvaluation
from vidfer.training.evaluation.text import confusion_text, split_text, split_title, summary_text

COUNT = 140


def faces_of(count: int = COUNT, *, seed: int = 1) -> LabelledFaces:
    random = np.random.default_rng(seed)
    return LabelledFaces(
        pictures=random.integers(0, 256, (count, 48, 48), dtype=np.uint8),
        labels=np.arange(count, dtype=np.int64) % len(EMOTIONS),
    )


def answers(faces: LabelledFaces, *, seed: int = 2) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(len(faces), 7))
    logits[np.arange(len(faces)), faces.labels] += 1.5
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def split_of(faces: LabelledFaces) -> SplitEvaluation:
    return SplitEvaluation(faces, answers(faces))


def with_sources(*names: str) -> LabelledFaces:
    faces = faces_of()
    sources = np.array([names[i % len(names)] for i in range(COUNT)], dtype=object)
    return LabelledFaces(pictures=faces.pictures, labels=faces.labels, sources=sources)


def with_votes(*rows: list[int]) -> LabelledFaces:
    faces = faces_of(len(rows))
    votes = np.array(rows, dtype=np.uint8)
    return LabelledFaces(pictures=faces.pictures, labels=faces.labels, votes=votes)


@pytest.fixture(scope="module")
def split() -> SplitEvaluation:
    return split_of(faces_of())


def test_the_figures_are_complete_and_are_json(split):
    figures = split.as_dict()
    assert list(figures) == [
        *("pictures", "accuracy", "macro_f1", "top2_accuracy", "negative_log_likelihood"),
        *("ece", "ece_by_chance", "intervals", "report", "confusion", "reliability"),
    ]
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_the_figures_agree_with_each_other(split):
    figures = split.as_dict()
    assert figures["pictures"] == COUNT == np.sum(figures["confusion"])
    assert figures["accuracy"] == figures["report"]["accuracy"]
    assert figures["macro_f1"] == pytest.approx(figures["report"]["macro avg"]["f1-score"])
    assert sum(figures["reliability"]["count"]) == COUNT
    assert figures["accuracy"] < figures["top2_accuracy"] <= 1
    for name, (low, high) in figures["intervals"].items():
        assert low < figures[name] < high


def test_figures_made_of_probabilities_have_six_digits(split):
    figures = split.as_dict()
    for name in ("negative_log_likelihood", "ece", "ece_by_chance"):
        assert figures[name] == round(figures[name], 6)


def test_a_card_stays_small(split):
    assert len(json.dumps(split.as_dict())) < 4_000


def test_some_rows_are_evaluated_on_their_own(split):
    which = np.arange(COUNT) % 3 == 0
    part = split.rows(which)
    assert len(part) == which.sum()
    np.testing.assert_array_equal(part.predictions, split.predictions[which])


def test_copies_of_a_picture_widen_the_intervals():
    once = faces_of(70)
    labels = np.tile(once.labels, 4)
    fourfold = LabelledFaces(pictures=np.tile(once.pictures, (4, 1, 1)), labels=labels)
    several = LabelledFaces(pictures=faces_of(280).pictures, labels=labels)
    probabilities = np.tile(answers(once), (4, 1))

    def width(faces: LabelledFaces) -> float:
        low, high = SplitEvaluation(faces, probabilities).intervals["accuracy"]
        return high - low

    assert width(fourfold) > 1.7 * width(several)


def test_each_source_has_its_figures():
    faces = with_sources("lab", "street", "film", "lab")
    split = split_of(faces)
    sources = split.as_dict()["sources"]
    assert list(sources) == ["film", "lab", "street"]
    for name, figures in sources.items():
        which = faces.sources == name
        right = split.predictions[which] == faces.labels[which]
        assert figures["accuracy"] == pytest.approx(right.mean())
        assert figures["pictures"] == which.sum()
        assert set(figures) == {"pictures", "accuracy", "macro_f1"}


def test_faces_of_unknown_source_are_in_none():
    sources = split_of(with_sources("lab", "")).as_dict()["sources"]
    assert list(sources) == ["lab"]
    assert sources["lab"]["pictures"] == COUNT // 2


def test_without_any_source_there_are_no_figures_by_source():
    assert "sources" not in split_of(with_sources("")).as_dict()


def test_ferplus_majority_is_compared_where_there_is_one():
    happy, sad = [1, 9, *[0] * 8], [0, 0, 0, 10, *[0] * 6]
    tied, unknown, unasked = [5, 5, *[0] * 8], [*[0] * 8, 10, 0], [0] * 10
    split = split_of(with_votes(happy, sad, tied, unknown, unasked))
    figures = split.as_dict()["ferplus_majority"]
    expected = np.array([EMOTIONS.index("happy"), EMOTIONS.index("sad")])
    assert (figures["pictures"], figures["left_out"]) == (2, 3)
    assert figures["accuracy"] == np.mean(split.predictions[:2] == expected)
    assert set(figures) == {"pictures", "left_out", "accuracy", "macro_f1"}


def test_without_votes_or_majorities_ferplus_has_no_figures():
    assert "ferplus_majority" not in split_of(faces_of()).as_dict()
    assert "ferplus_majority" not in split_of(with_votes([0] * 10, [5, 5, *[0] * 8])).as_dict()


def test_copies_share_a_group_and_others_do_not():
    pictures = faces_of(4).pictures[[0, 1, 0, 2, 1]]
    assert picture_groups(pictures).tolist() == [0, 1, 0, 2, 1]


def test_a_copy_has_every_pixel_of_another():
    others = faces_of(3).pictures
    nearly = others[:1].copy()
    nearly[0, 47, 47] ^= 1
    pictures = np.concatenate([others[2:], nearly])
    assert are_copies(pictures, others).tolist() == [True, False]


def test_the_text_shows_the_confusion_under_the_report(split):
    text = split_text("public_test", split)
    assert text.splitlines()[0] == "PublicTest"
    assert text.index("weighted avg") < text.index(confusion_text(split.report))
    rows = confusion_text(split.report).splitlines()
    assert rows[0].split()[-7:] == list(EMOTIONS)
    assert [int(count) for count in rows[1].split()[1:]] == split.report.confusion[0].tolist()


def test_the_text_lists_the_largest_sources_and_counts_the_rest():
    names = [f"source{number:02}" for number in range(25)]
    text = split_text("mine", split_of(with_sources("large", "large", *names)))
    assert text.index("large") < text.index("source00")
    assert "6 more sources are in the JSON." in text


def test_the_summary_has_a_line_for_each_split_with_its_figures(split):
    head, *lines = summary_text({"training": split, "mine": split}).splitlines()
    for word in ("accuracy", "macro F1", "top-2", "NLL", "ECE", "pictures"):
        assert word in head
    for line, name in zip(lines, ("Training", "mine")):
        assert line.split()[0] == name
        assert f"{split.report.accuracy:.4f} (" in line
        assert f"{split.reliability.ece:.4f}" in line
        assert line.endswith(f" {COUNT}")
    assert len({len(line) for line in (head, *lines)}) == 1


def test_the_summary_tells_ferplus_below_the_split():
    split = split_of(with_votes([0, 9, *[0] * 8], [0, 8, *[0] * 8], [0] * 10))
    head, _, line = summary_text({"public_test": split}).splitlines()
    assert "FER+" in line
    assert line.split()[-1] == "2"
    assert len(line) == len(head)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("training", "Training"),
        ("private_test", "PrivateTest"),
        ("private_test_without_copies", "PrivateTest without copies of training"),
        ("holidays", "holidays"),
    ],
)
def test_splits_have_the_names_that_people_know(name, title):
    assert split_title(name) == title

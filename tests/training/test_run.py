"""A run that stops and goes on ends with the same bits as one that was left in peace."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import get_args

import pytest
import torch

from tests.tiny import striped_faces, tiny_network
from vidfer.emotion.cards import ModelCard
from vidfer.emotion.models import load_model, save_weights
from vidfer.emotion.networks import NETWORKS
from vidfer.emotion.preparation import prepare_crops
from vidfer.errors import DataError, SettingsError
from vidfer.training.augmentation import Augmentation
from vidfer.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vidfer.training.recipe import Optimizer, Recipe, TeachersView
from vidfer.training.run import TrainingRun

CPU = torch.device("cpu")
FACES = striped_faces(24, votes=True)
RECIPE = Recipe(network="tiny", batch_size=8, epochs=4)

EVERYTHING = Augmentation(
    flip=True,
    shift=0.1,
    rotation_deg=10,
    scale=0.1,
    crop_side_px=40,
    erase_share=0.5,
    degrade_share=0.5,
    mixup=0.2,
    cutmix=1,
)

VARIETIES = {
    **{optimizer: replace(RECIPE, optimizer=optimizer) for optimizer in get_args(Optimizer)},
    "average": replace(RECIPE, average=0.9),
    "sharpness": replace(RECIPE, sharpness_radius=0.1),
    "cosine": replace(RECIPE, schedule="cosine", warmup_epochs=1),
    "trapezoid": replace(RECIPE, schedule="trapezoid", decay_epochs=2),
    "augmentation": replace(RECIPE, augmentation=EVERYTHING),
    "votes": replace(RECIPE, votes_weight=0.5),
    "balance": replace(RECIPE, class_balance=0.5, label_smoothing=0.1),
    "bfloat16": replace(RECIPE, precision="bfloat16"),
    "all at once": replace(
        RECIPE,
        optimizer="nesterov",
        weight_decay=1e-3,
        sharpness_radius=0.05,
        average=0.95,
        precision="bfloat16",
        votes_weight=0.3,
        augmentation=EVERYTHING,
    ),
}


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setitem(NETWORKS, "tiny", tiny_network)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "mine.checkpoint.safetensors"


def started(recipe: Recipe) -> TrainingRun:
    return TrainingRun(FACES, recipe=recipe, device=CPU)


def after(run: TrainingRun, *, epochs: int) -> TrainingRun:
    for _ in range(epochs):
        run.run_epoch()
    return run


def weights_of(run: TrainingRun) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in run.result.state_dict().items()}


def assert_same_bits(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert set(one) == set(other)
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


@pytest.mark.parametrize("recipe", VARIETIES.values(), ids=VARIETIES)
def test_a_run_that_went_on_equals_one_left_in_peace_bit_for_bit(recipe, path):
    undisturbed = weights_of(after(started(recipe), epochs=3))
    after(started(recipe), epochs=1).save(path)
    torch.rand(99)  # what other code draws in between is of no account
    resumed = started(recipe)
    resumed.restore(path)
    assert_same_bits(weights_of(after(resumed, epochs=2)), undisturbed)


def test_saving_does_not_disturb_a_run(path):
    recipe = VARIETIES["all at once"]
    undisturbed = weights_of(after(started(recipe), epochs=2))
    run = after(started(recipe), epochs=1)
    run.save(path)
    assert_same_bits(weights_of(after(run, epochs=1)), undisturbed)


def test_going_on_twice_from_the_same_checkpoint_gives_the_same(path):
    recipe = VARIETIES["all at once"]
    after(started(recipe), epochs=1).save(path)
    ends = []
    for _ in range(2):
        run = started(recipe)
        run.restore(path)
        ends.append(weights_of(after(run, epochs=1)))
    assert_same_bits(*ends)


def test_a_checkpoint_of_a_restored_run_holds_the_same_state(path, tmp_path):
    recipe = VARIETIES["all at once"]
    after(started(recipe), epochs=1).save(path)
    run = started(recipe)
    run.restore(path)
    run.save(tmp_path / "again.safetensors")
    one, again = load_checkpoint(path), load_checkpoint(tmp_path / "again.safetensors")
    assert one.values == again.values
    assert_same_bits(one.tensors, again.tensors)


def test_a_longer_run_goes_on_where_a_shorter_one_ended(path):
    longer = replace(RECIPE, epochs=6)
    undisturbed = weights_of(after(started(longer), epochs=6))
    after(started(RECIPE), epochs=4).save(path)
    run = started(longer)
    run.restore(path)
    assert run.epoch == 4
    assert_same_bits(weights_of(after(run, epochs=2)), undisturbed)


@pytest.mark.parametrize("name", ["augmentation", "average", "votes", "bfloat16"])
def test_every_variety_decides_the_weights(name):
    plain, other = (after(started(r), epochs=1) for r in (RECIPE, VARIETIES[name]))
    changed = zip(plain.result.state_dict().values(), other.result.state_dict().values())
    assert any(not torch.equal(one, two) for one, two in changed)


def test_the_seed_decides_weights_order_and_changes():
    recipe = VARIETIES["all at once"]
    one, same, other = (
        weights_of(after(started(replace(recipe, seed=seed)), epochs=1)) for seed in (1, 1, 2)
    )
    assert_same_bits(one, same)
    assert not torch.equal(one["output.weight"], other["output.weight"])


def test_the_result_is_the_average_where_one_is_kept():
    assert started(replace(RECIPE, average=0.9)).result.training is False
    plain = after(started(RECIPE), epochs=1)
    assert plain.result.training is True


def test_every_picture_is_seen_in_every_epoch_in_another_order(monkeypatch):
    seen: list[torch.Tensor] = []

    class Watching(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.output = torch.nn.Linear(1, 7)

        def forward(self, crops: torch.Tensor) -> torch.Tensor:
            if self.training:
                seen.append(crops[:, 0, :8, :8].flatten(1).clone())
            return self.output(crops.mean(dim=(2, 3)))

    monkeypatch.setitem(NETWORKS, "watching", Watching)
    after(started(replace(RECIPE, network="watching")), epochs=2)
    assert [len(batch) for batch in seen] == [8] * 6
    first, second = torch.cat(seen[:3]), torch.cat(seen[3:])
    assert not torch.equal(first, second)
    assert torch.equal(first.unique(dim=0), second.unique(dim=0))
    assert len(first.unique(dim=0)) == len(FACES)


def test_a_last_batch_of_one_picture_is_left_out_and_the_schedule_still_ends_at_zero(path):
    faces = striped_faces(17)
    recipe = replace(RECIPE, epochs=1, schedule="cosine", optimizer="sgd", learning_rate=1.0)
    run = TrainingRun(faces, recipe=recipe, device=CPU)
    run.run_epoch()
    exact = TrainingRun(striped_faces(16), recipe=recipe, device=CPU)
    exact.run_epoch()
    rates = [one._state.optimizer.param_groups[0]["lr"] for one in (run, exact)]
    assert rates == [0.0, 0.0]


def test_a_network_that_does_not_take_the_crops_is_refused_by_name():
    recipe = Recipe(network="paper", augmentation=Augmentation(crop_side_px=40))
    with pytest.raises(SettingsError, match="'paper' takes no crops of 40 px"):
        started(recipe)


def refusal_of(path: Path, recipe: Recipe) -> str:
    with pytest.raises(DataError) as refusal:
        started(recipe).restore(path)
    sentence = str(refusal.value)
    assert str(path) in sentence
    assert "--overwrite" in sentence
    assert "\n" not in sentence
    return sentence


def test_a_checkpoint_of_another_recipe_is_refused_by_the_setting(path):
    after(started(RECIPE), epochs=1).save(path)
    sentence = refusal_of(path, replace(RECIPE, learning_rate=0.5))
    assert "is of another run (learning_rate 0.001, not 0.5)" in sentence


def test_a_checkpoint_of_other_pictures_is_refused(path):
    other = TrainingRun(striped_faces(24, seed=5, votes=True), recipe=RECIPE, device=CPU)
    other.save(path)
    assert "other training pictures" in refusal_of(path, RECIPE)


@pytest.mark.parametrize("change", ["missing", "reshaped", "renamed", "unknown recipe", "no epoch"])
def test_a_whole_checkpoint_that_does_not_fit_is_refused(change, path):
    after(started(RECIPE), epochs=1).save(path)
    checkpoint = load_checkpoint(path)
    tensors, values = dict(checkpoint.tensors), dict(checkpoint.values)
    if change == "missing":
        del tensors["random.shuffler"]
    elif change == "reshaped":
        tensors["network.output.bias"] = torch.zeros(8)
    elif change == "renamed":
        tensors["network.final.bias"] = tensors.pop("network.output.bias")
    elif change == "unknown recipe":
        values["identity"]["recipe"]["moon_phase"] = 1
    else:
        del values["epoch"]
    save_checkpoint(Checkpoint(tensors=tensors, values=values), path)
    assert "is of another version of vidfer" in refusal_of(path, RECIPE)


@pytest.fixture
def write_teacher(tmp_path) -> Callable[..., Path]:
    def write(seed: int, *, network: str = "tiny") -> Path:
        torch.manual_seed(seed)
        path = tmp_path / "teacher.safetensors"
        checksum = save_weights(NETWORKS[network](), path)
        card = ModelCard(
            name="teacher", network=network, weights_sha256=checksum, temperature=1.0, parameters=1
        )
        path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
        return path

    return write


def test_a_run_begins_with_the_weights_that_its_recipe_names(write_teacher, path):
    known = write_teacher(1)
    recipe = replace(RECIPE, initial_weights=str(known))
    first_weights = load_model(str(known)).network.state_dict()
    run = started(recipe)
    assert_same_bits(weights_of(run), first_weights)
    undisturbed = weights_of(after(run, epochs=2))
    after(started(recipe), epochs=1).save(path)
    resumed = started(recipe)
    resumed.restore(path)
    assert_same_bits(weights_of(after(resumed, epochs=1)), undisturbed)
    write_teacher(2)
    assert "other first weights" in refusal_of(path, recipe)


def test_first_weights_of_a_network_that_they_do_not_fit_are_refused(write_teacher):
    recipe = replace(RECIPE, network="paper", initial_weights=str(write_teacher(1)))
    with pytest.raises(SettingsError, match="are of the network 'tiny', the recipe trains 'paper'"):
        started(recipe)


def test_a_network_that_has_more_begins_with_first_weights_and_its_own():
    """`attentive` is `mirror` with layers that change nothing as they are made."""
    run = started(replace(RECIPE, network="attentive", initial_weights="mirror"))
    faces = prepare_crops(torch.from_numpy(FACES.pictures))
    with torch.inference_mode():
        answers = run.result.eval()(faces)
        assert torch.equal(answers, load_model("mirror").network(faces))


def test_first_weights_that_lack_nothing_but_are_too_many_are_refused(write_teacher):
    more = write_teacher(1, network="attentive")
    recipe = replace(RECIPE, network="mirror", initial_weights=str(more))
    with pytest.raises(SettingsError, match="do not fit"):
        started(recipe)


def test_a_run_with_a_teacher_goes_on_bit_for_bit(write_teacher, path):
    recipe = replace(RECIPE, teachers=(str(write_teacher(1)),))
    undisturbed = weights_of(after(started(recipe), epochs=2))
    after(started(recipe), epochs=1).save(path)
    resumed = started(recipe)
    resumed.restore(path)
    assert_same_bits(weights_of(after(resumed, epochs=1)), undisturbed)


def test_a_teacher_that_changed_in_between_is_refused(write_teacher, path):
    recipe = replace(RECIPE, teachers=(str(write_teacher(1)),))
    after(started(recipe), epochs=1).save(path)
    write_teacher(2)
    assert "other weights of a teacher" in refusal_of(path, recipe)


def test_teachers_see_what_the_network_sees_or_all_of_it_or_the_original(write_teacher):
    changed = Augmentation(erase_share=1, erase_most=1, shift=0.3)
    taught = replace(RECIPE, teachers=(str(write_teacher(1)),), augmentation=changed)

    def weights(view: TeachersView, **changes: object) -> dict[str, torch.Tensor]:
        return weights_of(after(started(replace(taught, teachers_see=view, **changes)), epochs=1))

    for one, other in combinations(get_args(TeachersView), 2):
        learnt, different = weights(one), weights(other)
        assert any(not torch.equal(learnt[name], different[name]) for name in learnt)
    # Where nothing is changed, there is no difference.
    plain = Augmentation()
    for view in get_args(TeachersView):
        assert_same_bits(weights(view, augmentation=plain), weights("changed", augmentation=plain))

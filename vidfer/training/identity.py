"""Whether a training run may go on where another one stopped."""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Final

from vidfer.training.data.labelled_faces import LabelledFaces
from vidfer.training.optimization import learning_rate_at
from vidfer.training.recipe import Recipe, recipe_from

# A run may be lengthened or shortened, as long as its learning rates so far stay the same.
_LENGTH: Final = ("epochs", "decay_epochs")


@dataclass(frozen=True, kw_only=True)
class RunIdentity:
    """What decides a run's outcome: recipe, training data, first weights, teachers, device."""

    recipe: Recipe
    data_sha256: str
    initial_sha256: str | None
    teachers_sha256: tuple[str, ...]
    device: str

    def as_dict(self) -> dict[str, Any]:
        """Return the identity as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any], *, source: str) -> "RunIdentity":
        """Return the identity that `as_dict` gave, also after a way through JSON.

        Raises:
            SettingsError: the recipe has values that this version does not know.
        """
        return cls(
            recipe=recipe_from(values["recipe"], source=source),
            data_sha256=values["data_sha256"],
            initial_sha256=values["initial_sha256"],
            teachers_sha256=tuple(values["teachers_sha256"]),
            device=values["device"],
        )

    def difference(self, other: "RunIdentity", *, epochs_done: int) -> str | None:
        """Say why this run cannot go on where `other` is after `epochs_done`, if it cannot."""
        return (
            _setting_difference(self.recipe, other.recipe)
            or self._input_difference(other)
            or _length_difference(self.recipe, other.recipe, epochs_done=epochs_done)
        )

    def _input_difference(self, other: "RunIdentity") -> str | None:
        if other.initial_sha256 != self.initial_sha256:
            return "other first weights"
        if other.teachers_sha256 != self.teachers_sha256:
            return "other weights of a teacher"
        if other.data_sha256 != self.data_sha256:
            return "other training pictures, labels or votes"
        if other.device != self.device:
            return f"device {other.device}, not {self.device}"
        return None


def _setting_difference(wanted: Recipe, found: Recipe) -> str | None:
    theirs = _settings(found)
    for name, value in _settings(wanted).items():
        if theirs[name] != value:
            return f"{name} {theirs[name]!r}, not {value!r}"
    return None


def _length_difference(wanted: Recipe, found: Recipe, *, epochs_done: int) -> str | None:
    if epochs_done > wanted.epochs:
        return f"{epochs_done} epochs are over, more than {wanted.epochs}"
    if _learning_rates(found, epochs_done) != _learning_rates(wanted, epochs_done):
        return "other learning rates so far"
    return None


def _settings(recipe: Recipe) -> dict[str, Any]:
    """Return all settings but the length by name, those in a table by 'table.name'."""
    values = asdict(recipe)
    table = values.pop("augmentation")
    values |= {f"augmentation.{name}": value for name, value in table.items()}
    return {name: value for name, value in values.items() if name not in _LENGTH}


def _learning_rates(recipe: Recipe, epochs_done: int) -> list[float]:
    return [learning_rate_at(halves / 2, recipe) for halves in range(2 * epochs_done + 1)]


def data_sha256(faces: LabelledFaces) -> str:
    """Return a digest of pictures, labels and votes, in their order."""
    digest = hashlib.sha256(faces.pictures.tobytes())
    digest.update(faces.labels.tobytes())
    if faces.votes is not None:
        digest.update(faces.votes.tobytes())
    return digest.hexdigest()

"""Training one variant on a fixed part of the training split, and what came of it."""

import time
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from sklearn.model_selection import train_test_split

from paper_questions.variants import PROTOCOL, Variant, parameters
from vidfer.training.data import LabelledFaces, read_split
from vidfer.training.data.copies import are_copies
from vidfer.training.loop import logits_of, share_correct, train_network

HELD_OUT = 3000
_GLANCE = 300
_SEEN = 2000
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class QuestionData:
    """Pictures to train on, others of the training split, and PublicTest."""

    training: LabelledFaces
    held_out: LabelledFaces
    public_test: LabelledFaces

    @cached_property
    def unseen(self) -> np.ndarray:
        """Tell of each picture of PublicTest whether no copy of it is trained on, bool (N,)."""
        return ~are_copies(self.public_test.pictures, self.training.pictures)

    def prepared(self, variant: Variant) -> "QuestionData":
        """Return the same with the variant's pictures."""
        parts = (self.training, self.held_out, self.public_test)
        return QuestionData(*(replace(p, pictures=variant.prepare(p.pictures)) for p in parts))


@dataclass(frozen=True)
class Result:
    """What one run came to; logits are float16 (N, 7), as bytes."""

    variant: str
    seed: int
    epochs: int
    pictures: int
    parameters: int
    training_accuracy: float
    cpu_s: float
    held_out_logits: bytes
    public_test_logits: bytes

    def as_dict(self) -> dict[str, object]:
        """Return the row of the results file."""
        return asdict(self)


def read_data(folder: Path, *, pictures: int) -> QuestionData:
    """Read the same stratified `pictures` and HELD_OUT others each time; never PrivateTest."""
    whole = read_split(folder, "training")
    rows, others = train_test_split(
        np.arange(len(whole)), train_size=pictures, stratify=whole.labels, random_state=0
    )
    others, _ = train_test_split(
        others, train_size=HELD_OUT, stratify=whole.labels[others], random_state=0
    )
    training = whole.rows(rows)
    return QuestionData(
        training=training,
        held_out=whole.rows(others).without_copies_of(training),
        public_test=read_split(folder, "public_test"),
    )


def train(variant: Variant, data: QuestionData, *, seed: int, epochs: int) -> Result:
    """Train one network and look at all three parts with it."""
    recipe = replace(
        PROTOCOL, network=variant.register(), seed=seed, epochs=epochs, **variant.settings
    )
    prepared = data.prepared(variant)
    started = time.process_time()
    # The loop looks at pictures after each epoch; a few are enough, they decide nothing.
    glance = prepared.held_out.rows(np.arange(_GLANCE))
    network, _ = train_network(prepared.training, glance, recipe=recipe, device=_CPU)
    cpu_s = time.process_time() - started
    seen = prepared.training.rows(np.arange(min(_SEEN, len(data.training))))
    return Result(
        variant=variant.name,
        seed=seed,
        epochs=epochs,
        pictures=len(data.training),
        parameters=parameters(variant),
        training_accuracy=share_correct(logits_of(network, seen, device=_CPU), seen),
        cpu_s=cpu_s,
        held_out_logits=_bytes(logits_of(network, prepared.held_out, device=_CPU)),
        public_test_logits=_bytes(logits_of(network, prepared.public_test, device=_CPU)),
    )


def _bytes(logits: torch.Tensor) -> bytes:
    return logits.numpy().astype(np.float16).tobytes()

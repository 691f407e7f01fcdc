"""What the paper leaves open, answered by training its network with one thing changed.

    python benchmarks/paper_questions.py DATA QUESTION [--epochs 8] [--pictures 9569]
        [--seeds 1] [-o runs/paper_questions.parquet]

DATA is a folder with FER2013's training.parquet and public_test.parquet; PrivateTest is
never read. Each network that is trained is kept in the results file, so that an
interrupted run goes on, and questions share networks. One torch thread; docs/experiments.md
says what came out.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from paper_questions.results import ResultsFile
from paper_questions.tables import (
    ENSEMBLE_HEADING,
    HEADING,
    ensemble_row,
    variant_row,
)
from paper_questions.training import QuestionData, Result, read_data, train
from paper_questions.variants import PAPER, PROTOCOL, QUESTIONS, variant_named

from vidfer.compute import torch_threads

# Members beside the paper's own network, seed 0 each.
ENSEMBLES = {
    "optimisers": ("paper", "adamw 0.001", "sgd 0.1", "momentum 0.03", "adadelta 1"),
    "architectures": ("paper", "two convolutions", "four convolutions", "no dropout", "ReLU"),
    "preparations": ("paper", "0 to 1", "one scale", "equalised", "CLAHE"),
}


class Laboratory:
    """Trains what the results file does not hold yet."""

    def __init__(self, data: QuestionData, results: ResultsFile, *, epochs: int) -> None:
        self.data, self._results, self._epochs = data, results, epochs

    def results_of(self, name: str, *, seeds: Sequence[int]) -> list[Result]:
        """Return a variant's results, one per seed."""
        return [self._result(name, seed) for seed in seeds]

    def _result(self, name: str, seed: int) -> Result:
        found = self._results.find(name, seed)
        if found is None:
            found = train(variant_named(name), self.data, seed=seed, epochs=self._epochs)
            self._results.add(found)
            print(f"trained '{name}', seed {seed}, in {found.cpu_s:.0f} CPU s", flush=True)
        return found


def answer(question: str, laboratory: Laboratory, *, seeds: int) -> None:
    """Train a question's variants, seed by seed, and print its table."""
    names = [variant.name for variant in QUESTIONS[question]]
    for seed in range(seeds):
        for name in names:
            laboratory.results_of(name, seeds=[seed])
    paper = laboratory.results_of(PAPER.name, seeds=range(seeds))
    print(HEADING.format(question))
    for name in names:
        print(variant_row(laboratory.results_of(name, seeds=range(seeds)), paper, laboratory.data))


def answer_ensembles(laboratory: Laboratory, *, seeds: int) -> None:
    """Average the probabilities of networks that the other questions train."""
    groups = {}
    if seeds > 1:
        groups[f"`paper`, {seeds} seeds"] = laboratory.results_of(PAPER.name, seeds=range(seeds))
    for group, names in ENSEMBLES.items():
        groups[group] = [laboratory.results_of(name, seeds=[0])[0] for name in names]
    everything = {(r.variant, r.seed): r for results in groups.values() for r in results}
    groups["all of these"] = list(everything.values())
    print(ENSEMBLE_HEADING)
    for group, results in groups.items():
        print(ensemble_row(group, results, laboratory.data))


def main() -> None:
    """Answer one question."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("question", choices=[*QUESTIONS, "ensembles"])
    parser.add_argument("--epochs", type=int, default=PROTOCOL.epochs)
    parser.add_argument("--pictures", type=int, default=9569, help="of the training split")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/paper_questions.parquet"))
    arguments = parser.parse_args()
    data = read_data(arguments.data, pictures=arguments.pictures)
    results = ResultsFile(arguments.output, epochs=arguments.epochs, pictures=arguments.pictures)
    laboratory = Laboratory(data, results, epochs=arguments.epochs)
    with torch_threads(1):
        if arguments.question == "ensembles":
            answer_ensembles(laboratory, seeds=arguments.seeds)
        else:
            answer(arguments.question, laboratory, seeds=arguments.seeds)


if __name__ == "__main__":
    main()

"""The result of an evaluation from file to emotion, for a person and for a program."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vidfer.atomic import make_folder, replacing
from vidfer.emotion.cards import ModelCard
from vidfer.field_test.figures import MaterialFigures
from vidfer.field_test.results import ItemResult
from vidfer.field_test.table import items_table, write_items
from vidfer.field_test.text import evaluation_text

ITEMS_NAME = "items.parquet"
EVALUATION_NAME = "evaluation.json"


@dataclass(frozen=True, kw_only=True)
class MaterialEvaluation:
    """How well vidfer does on labelled videos and pictures.

    results: one per item, in the data's order.
    passed_over: files in the class folders that are neither videos nor pictures.
    """

    card: ModelCard
    data: str
    results: list[ItemResult]
    passed_over: int = 0

    @cached_property
    def figures(self) -> MaterialFigures:
        """The figures over all items."""
        return MaterialFigures.of(self.results)

    @cached_property
    def sources(self) -> dict[str, MaterialFigures]:
        """The figures by source, sorted; empty where no item has one."""
        names = sorted({r.item.source for r in self.results if r.item.source is not None})
        return {
            name: MaterialFigures.of([r for r in self.results if r.item.source == name])
            for name in names
        }

    @property
    def failed(self) -> list[ItemResult]:
        """The items that could not be read."""
        return [result for result in self.results if result.status == "failed"]

    @property
    def partial(self) -> list[ItemResult]:
        """The items from videos of which a part could not be decoded."""
        return [r for r in self.results if r.status != "failed" and r.error is not None]

    @property
    def exit_code(self) -> int:
        """0: all well; 1: some items failed or are partial; 2: none could be read."""
        if len(self.failed) == len(self.results):
            return 2
        return 1 if self.failed or self.partial else 0

    def as_dict(self) -> dict[str, Any]:
        """Return the evaluation for JSON: figures over all items on top, then every item."""
        return {
            "model": self.card.name,
            "weights_sha256": self.card.weights_sha256,
            "data": self.data,
            "exit_code": self.exit_code,
            "failed": len(self.failed),
            "passed_over": self.passed_over,
            **self.figures.as_dict(),
            "sources": {name: figures.as_dict() for name, figures in self.sources.items()},
            "results": items_table(self.results).to_pylist(),
        }

    def to_json(self) -> str:
        """Return the evaluation as JSON text."""
        return json.dumps(self.as_dict(), indent=2)

    def as_text(self) -> str:
        """Return the report in the paper's format with what stands around it."""
        return evaluation_text(self)

    def save(self, folder: Path) -> None:
        """Write items.parquet, a row per item, and evaluation.json.

        Raises:
            OutputError: the folder cannot be written.
        """
        make_folder(folder)
        with replacing(folder / ITEMS_NAME, folder / EVALUATION_NAME) as (table, text):
            write_items(self.results, table)
            text.write_text(self.to_json(), encoding="utf-8")

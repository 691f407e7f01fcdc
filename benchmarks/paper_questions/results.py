"""The results file: one row per trained network, so that an interrupted run goes on."""

from pathlib import Path

import polars as pl

from paper_questions.training import Result
from vidfer.atomic import make_folder, replacing


class ResultsFile:
    """Results of one protocol (epochs and pictures) in a Parquet file that may hold others."""

    def __init__(self, path: Path, *, epochs: int, pictures: int) -> None:
        self._path, self._epochs, self._pictures = path, epochs, pictures
        rows = pl.read_parquet(path).to_dicts() if path.exists() else []
        self._results = [Result(**row) for row in rows]

    def find(self, variant: str, seed: int) -> Result | None:
        """Return the variant's result with that seed under this protocol, if there is one."""
        wanted = (variant, seed, self._epochs, self._pictures)
        for result in self._results:
            if (result.variant, result.seed, result.epochs, result.pictures) == wanted:
                return result
        return None

    def add(self, result: Result) -> None:
        """Keep a result, on disk before anything else happens."""
        self._results.append(result)
        make_folder(self._path.parent)
        with replacing(self._path) as (temporary,):
            pl.DataFrame([r.as_dict() for r in self._results]).write_parquet(temporary)

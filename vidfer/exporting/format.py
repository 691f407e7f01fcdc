"""What a format is: one protocol, and its two kinds, made of rows or of episodes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import polars as pl

from vidfer.analysis.episodes import EpisodeRule
from vidfer.exporting.episode_list import Episode, episodes_of
from vidfer.exporting.recording import Recording, reading


class Format(Protocol):
    """A format that timelines can be exported to."""

    @property
    def suffix(self) -> str:
        """What is added to a video's name; its last part ends a file that is named."""

    @property
    def is_of_episodes(self) -> bool:
        """Whether it holds episodes, not rows."""

    @property
    def holds_many(self) -> bool:
        """Whether one file may hold several videos."""

    def write(self, recordings: Iterable[Recording], file: Path, rule: EpisodeRule) -> None:
        """Write recordings, one unless the format holds many, to a file.

        Raises:
            OSError: the file cannot be written.
            UsageError: a recording cannot be read.
        """


@dataclass(frozen=True)
class RowFormat:
    """A CSV file of rows; `tables` makes them from a recording, some at a time.

    quotes_text: every text is quoted, as names of files may hold anything.
    """

    suffix: str
    tables: Callable[[Recording], Iterable[pl.DataFrame]]
    holds_many: bool = False
    quotes_text: bool = False

    is_of_episodes = False

    def write(self, recordings: Iterable[Recording], file: Path, rule: EpisodeRule) -> None:
        """Write the rows of all recordings below one header; `rule` says nothing of rows."""
        is_first = True
        quotes: Literal["non_numeric", "necessary"] = (
            "non_numeric" if self.quotes_text else "necessary"
        )
        with file.open("wb") as text:
            for recording in recordings:
                with reading(recording.file):
                    for table in self.tables(recording):
                        table.write_csv(text, include_header=is_first, quote_style=quotes)
                        is_first = False


@dataclass(frozen=True)
class EpisodeFormat:
    """A file of episodes; `write_episodes` writes those of a recording."""

    suffix: str
    write_episodes: Callable[[Recording, list[Episode], Path], None]

    is_of_episodes = True
    holds_many = False

    def write(self, recordings: Iterable[Recording], file: Path, rule: EpisodeRule) -> None:
        """Write the one recording's episodes."""
        for recording in recordings:
            with reading(recording.file):
                listed = episodes_of(recording, rule)
            self.write_episodes(recording, listed, file)

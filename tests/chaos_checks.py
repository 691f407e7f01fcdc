"""What tests.chaos holds against an output folder; each check returns what is wrong."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

import vidfer
from tests.results import TIMING
from vidfer.timeline.manifest import MANIFEST_NAME
from vidfer.timeline.seal import fault_of_seal

TRIED_AGAIN = "tried again alone and carefully"

_BITS = {pa.float32(): pa.int32(), pa.float64(): pa.int64()}


def incomplete_files(output: Path) -> list[str]:
    """Name the visible files that are not whole; others may be replaced at the same time."""
    found = []
    for path in _visible_files(output):
        fault = fault_of_seal(path)
        if fault and fault != "is missing":
            found.append(f"{path.relative_to(output)} {fault}")
    return found


def left_behind(output: Path) -> list[str]:
    """Name the files of a finished run that are no result."""
    timelines = vidfer.read_videos(output)["timeline"].drop_nulls()
    wanted = {output / MANIFEST_NAME, *(output / name for name in timelines)}
    files = {path for path in output.rglob("*") if not path.is_dir()}
    return [f"{path.relative_to(output)} was left behind" for path in sorted(files - wanted)]


def differences(output: Path, undisturbed: Path) -> list[str]:
    """Say how results differ from those of an undisturbed run: in files, rows or the manifest."""
    ours, theirs = (_manifest(folder) for folder in (output, undisturbed))
    if ours["video"].to_list() != theirs["video"].to_list():
        return [f"the manifest's videos are {ours['video'].to_list()}"]
    found = []
    for mine, other in zip(ours.iter_rows(named=True), theirs.iter_rows(named=True)):
        found += [f"{mine['video']}: {what}" for what in _differences_of_rows(mine, other)]
    for name in theirs["timeline"].drop_nulls():
        if (output / name).exists() and _bits(output / name) != _bits(undisturbed / name):
            found.append(f"{name}: its rows differ")
    verified = vidfer.verify(output)
    return found + ([] if verified.exit_code == 0 else [verified.as_text()])


def crashed_videos(output: Path, undisturbed: Path) -> list[str]:
    """Name the videos that have failed because their workers were lost twice."""
    before = _failures(undisturbed)
    after = _failures(output)
    return [video for video in after if after[video] == "crashed" != before.get(video)]


def tried_again(output: Path) -> int:
    """Count the videos that were done in a second try."""
    why = vidfer.read_videos(output)["decoder_why"]
    return int(why.str.starts_with(TRIED_AGAIN).sum())


def workers_of(parent: int) -> list[psutil.Process]:
    """Return all workers that a process, which may have ended, has started."""
    return [process for process in psutil.process_iter() if _is_worker_of(process, parent)]


def _is_worker_of(process: psutil.Process, parent: int) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:
        return False
    places = [place for place, word in enumerate(words) if word.endswith("/engine/bootstrap.py")]
    return bool(places) and words[places[0] + 2 : places[0] + 3] == [str(parent)]


def shared_memory() -> set[str]:
    """Return the names of all blocks of shared memory of this machine, if it shows them."""
    folder = Path("/dev/shm")
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def _visible_files(output: Path) -> Iterator[Path]:
    for path in output.rglob("*"):
        if not path.is_dir() and not path.name.startswith("."):
            yield path


def _manifest(output: Path) -> pl.DataFrame:
    return vidfer.read_videos(output).drop(TIMING)


def _failures(output: Path) -> dict[str, str]:
    failed = vidfer.read_videos(output).filter(pl.col("status") == "failed")
    return dict(zip(failed["video"], failed["reason"].cast(pl.String)))


def _differences_of_rows(mine: dict, other: dict) -> Iterator[str]:
    again = (mine["decoder_why"] or "").startswith(TRIED_AGAIN)
    for column, value in mine.items():
        if again and column in ("decoder", "decoder_why"):
            continue
        if value != other[column]:
            yield f"{column} is {value!r}, not {other[column]!r}"


def _bits(path: Path) -> pa.Table:
    """Return a timeline's rows with its floats as the whole numbers of the same bits."""
    table = pq.read_table(path, partitioning=None, page_checksum_verification=True)
    columns = []
    for column in table.columns:
        kind = pa.string() if pa.types.is_dictionary(column.type) else column.type
        whole = pa.concat_arrays([pa.array([], kind), *column.cast(kind).chunks])
        columns.append(whole.view(_BITS.get(kind, kind)))
    return pa.table(columns, names=table.column_names)

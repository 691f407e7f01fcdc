"""`vidfer.export`: timelines in the formats of other tools."""

from collections.abc import Iterator
from pathlib import Path

from vidfer.analysis.episodes import EpisodeRule
from vidfer.atomic import make_folder, replacing
from vidfer.errors import UsageError
from vidfer.exporting.format import Format
from vidfer.exporting.format_names import FormatName
from vidfer.exporting.formats import FORMATS, format_of
from vidfer.exporting.recording import Recording, open_recording
from vidfer.timeline.manifest import TIMELINE_FOLDER, refuse_without_results, timeline_files


def export(
    source: str | Path,
    *,
    format: FormatName,
    to: str | Path,
    enter: float | None = None,
    leave: float | None = None,
    min_duration_s: float | None = None,
    merge_gap_s: float | None = None,
    smooth_s: float | None = None,
    usable_only: bool | None = None,
) -> list[Path]:
    """Write timelines in another format; return the files, in the order of their videos.

    `source` is a folder that `analyze` wrote, or one timeline file. `to` is a folder, which
    gets a file per video in the subfolders of the timelines, or, if it ends like the format
    and is no folder, one file: of the only video, or with `csv` of all. Files that are
    there are replaced when the new ones are complete.

    The options from `enter` on are those of `episodes`, for the formats that hold episodes:
    srt, vtt, elan, textgrid. None means what `episodes` does by itself.

    Raises:
        UsageError: there is nothing to export, a timeline is damaged, an option is wrong, or
            one file is asked for several videos.
        OutputError: a file cannot be written.
    """
    chosen = format_of(format)
    options = {
        "enter": enter,
        "leave": leave,
        "min_duration_s": min_duration_s,
        "merge_gap_s": merge_gap_s,
        "smooth_s": smooth_s,
        "usable_only": usable_only,
    }
    rule = _rule(format, chosen, {n: v for n, v in options.items() if v is not None})
    files = _timelines(Path(source))
    to = Path(to)
    if _is_one_file(to, format, chosen):
        _refuse_several(Path(source), files, format, chosen)
        _write(list(files.values()), to, format, chosen, rule)
        return [to]
    targets = {to / f"{name}{chosen.suffix}": file for name, file in files.items()}
    for target, file in targets.items():
        _write([file], target, format, chosen, rule)
    return list(targets)


def _rule(name: FormatName, chosen: Format, given: dict[str, float | bool]) -> EpisodeRule:
    if given and not chosen.is_of_episodes:
        names = [name for name, other in FORMATS.items() if other.is_of_episodes]
        raise UsageError(
            f"{', '.join(given)} is about episodes, and format {name} holds none: leave it out, "
            f"or choose {', '.join(names)}."
        )
    return EpisodeRule(**given)  # type: ignore[arg-type]  # it checks its own values


def _timelines(source: Path) -> dict[str, Path]:
    """Return timeline files by the path of their video's name, without `.parquet`.

    Raises:
        UsageError: there are none.
    """
    if source.is_file():
        return {source.name.removesuffix(".parquet"): source}
    refuse_without_results(source)
    top = source / TIMELINE_FOLDER
    files = {
        file.relative_to(top).as_posix().removesuffix(".parquet"): file
        for file in timeline_files(source)
    }
    if not files:
        raise UsageError(f"{source} holds no timelines, as no video could be analysed.")
    return files


def _is_one_file(to: Path, name: FormatName, chosen: Format) -> bool:
    """Tell whether `to` names a file, not a folder.

    Raises:
        UsageError: it is a file already, but does not end like the format.
    """
    if to.is_dir():
        return False
    ending = _ending(chosen)
    if to.name.lower().endswith(ending.lower()):
        return True
    endings = {_ending(other).lower() for other in FORMATS.values()}
    if to.is_file() or to.suffix.lower() in endings:
        raise UsageError(
            f"{to} does not end in {ending}, as a file of format {name} does: choose another "
            "name, or a folder."
        )
    return False


def _ending(chosen: Format) -> str:
    return "." + chosen.suffix.rpartition(".")[2]


def _refuse_several(source: Path, files: dict[str, Path], name: FormatName, chosen: Format) -> None:
    if len(files) > 1 and not chosen.holds_many:
        raise UsageError(
            f"{source} holds {len(files):,} videos, and a file of format {name} holds one: give "
            "a folder, or export a single timeline file."
        )


def _write(
    files: list[Path], target: Path, name: FormatName, chosen: Format, rule: EpisodeRule
) -> None:
    make_folder(target.parent)
    with replacing(target) as (temporary,):
        chosen.write(_recordings(files, name, chosen), temporary, rule)


def _recordings(files: list[Path], name: FormatName, chosen: Format) -> Iterator[Recording]:
    for file in files:
        recording = open_recording(file)
        if recording.videos > 1 and not chosen.holds_many:
            raise UsageError(
                f"{file} holds rows of {recording.videos:,} videos, and a file of format "
                f"{name} holds one: write a file for each, and export these."
            )
        yield recording

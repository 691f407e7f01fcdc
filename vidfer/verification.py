"""Whether an output folder still holds what was written into it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from vidfer.locking import refuse_if_held
from vidfer.timeline.manifest import (
    MANIFEST_NAME,
    ManifestDamagedError,
    VideoResult,
    read_manifest,
    refuse_without_results,
    timeline_files,
)
from vidfer.timeline.soundness import fault_of_timeline
from vidfer.visible import visible

_REDO = "Run 'vidfer analyze' on its video again: it is redone."
_REMAKE = "The next 'vidfer analyze' into this folder makes it again from the timelines."


@dataclass(frozen=True)
class Damage:
    """A file that is not what was written: its path below OUT, what is wrong, what to do."""

    file: str
    what: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What became of an output folder: how many timelines it should have, and all damage."""

    output: Path
    timelines: int
    damages: list[Damage]

    @property
    def exit_code(self) -> int:
        """0: everything is as it was written; 1: something is damaged or missing."""
        return 1 if self.damages else 0

    def as_dict(self) -> dict[str, object]:
        """Return the findings for JSON."""
        return {
            "output": str(self.output),
            "exit_code": self.exit_code,
            "timelines": self.timelines,
            "damages": [asdict(damage) for damage in self.damages],
        }

    def as_text(self) -> str:
        """Return one line per damaged file, and the total."""
        lines = [f"{visible(d.file)} {visible(d.what)}. {d.remedy}" for d in self.damages]
        bad = f"{len(self.damages):,} damaged or missing" if self.damages else "all well"
        return "\n".join([*lines, f"{self.timelines:,} timelines and {MANIFEST_NAME}: {bad}"])


def verify(output: str | Path) -> Verification:
    """Read every byte of an output folder's timelines and manifest and tell what is damaged.

    Nothing is changed. Memory does not grow with the length of timelines.

    Raises:
        UsageError: there are no results at `output`, or they cannot be read.
        OutputError: a run is writing into it.
    """
    output = Path(output)
    refuse_without_results(output)
    refuse_if_held(output)
    files = {path.relative_to(output).as_posix(): path for path in timeline_files(output)}
    listed, damages = _listed(output)
    # A name with a dot in front is hidden from a listing, but not from the manifest.
    files |= {name: output / name for name in listed or {}}
    damages += _damaged_timelines(files, listed)
    return Verification(output=output, timelines=len(files), damages=damages)


def _listed(output: Path) -> tuple[dict[str, VideoResult] | None, list[Damage]]:
    """Return the manifest's rows by timeline, None where there is no sound one, and why."""
    if not (output / MANIFEST_NAME).exists():
        return None, [Damage(MANIFEST_NAME, "is missing", _REMAKE)]
    try:
        results = read_manifest(output).values()
    except ManifestDamagedError as error:
        return None, [Damage(MANIFEST_NAME, error.fault, _REMAKE)]
    return {r.timeline: r for r in results if r.timeline is not None}, []


def _damaged_timelines(
    files: dict[str, Path], listed: dict[str, VideoResult] | None
) -> Iterator[Damage]:
    for name, path in sorted(files.items()):
        fault = fault_of_timeline(
            path,
            timeline=name,
            listed=(listed or {}).get(name),
            has_manifest=listed is not None,
        )
        if fault:
            yield Damage(name, fault, _REDO)

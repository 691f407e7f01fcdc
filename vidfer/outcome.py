"""What a run of `analyze` came to, for a person and for a program."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Final

from vidfer.profiling import Profile
from vidfer.timeline.manifest import VideoResult
from vidfer.visible import visible

# Failures listed one by one in the summary; the manifest has them all.
_MOST_LISTED: Final = 20

# Rows of a table in a notebook.
_MOST_SHOWN: Final = 50

# Columns of a table in a notebook: heading, and what stands in a video's row.
_COLUMNS: Final[tuple[tuple[str, Callable[[VideoResult], str]], ...]] = (
    ("video", lambda r: r.video),
    ("status", lambda r: r.status),
    ("seconds", lambda r: _number(r.duration_s, ".1f")),
    ("frames analysed", lambda r: f"{r.frames_analysed:,}"),
    ("with a face", lambda r: _number(_share(r.frames_with_face, r.frames_analysed), ".1%")),
    ("usable", lambda r: _number(r.usable_share, ".1%")),
    ("tracks", lambda r: f"{r.tracks:,}"),
    ("error", lambda r: r.error or ""),
)


class VideoTable(list[VideoResult]):
    """Results of videos, which a notebook shows as a table."""

    def _repr_html_(self) -> str:
        lines = [_html_row("th", [name for name, _ in _COLUMNS])]
        lines += [_html_row("td", [cell(r) for _, cell in _COLUMNS]) for r in self[:_MOST_SHOWN]]
        more = len(self) - _MOST_SHOWN
        below = f"<p>and {more:,} more, listed in videos.parquet</p>" if more > 0 else ""
        return f"<table>{''.join(lines)}</table>{below}"


@dataclass(frozen=True, kw_only=True)
class AnalyzeOutcome:
    """The results of one run over its inputs.

    results: one per input video, whether analysed now or finished before.
    skipped: names of those that were finished, or had failed, before and are unchanged.
    passed_over: files in the input folders that are no videos.
    links_out: links in the input folders that lead out of them, which are not followed.
    interrupted: the run was stopped; `results` holds what was finished.
    profile: where the time of the videos analysed now went, if that was asked for.
    """

    output: Path
    results: list[VideoResult]
    skipped: list[str]
    passed_over: int
    wall_s: float
    interrupted: bool = False
    profile: Profile | None = None
    links_out: int = 0

    @property
    def done(self) -> VideoTable:
        """The videos that were decoded whole."""
        return VideoTable(result for result in self.results if result.status == "done")

    @property
    def failed(self) -> VideoTable:
        """The videos that gave no timeline."""
        return VideoTable(result for result in self.results if result.status == "failed")

    @property
    def partial(self) -> VideoTable:
        """The videos of which a part could not be decoded."""
        return VideoTable(result for result in self.results if result.status == "partial")

    @property
    def exit_code(self) -> int:
        """0: all well; 1: some videos failed or are partial; 2: none was usable; 130: stopped."""
        if self.interrupted:
            return 130
        if len(self.failed) == len(self.results):
            return 2
        return 1 if self.failed or self.partial else 0

    def as_dict(self) -> dict[str, object]:
        """Return the outcome for JSON."""
        return {
            "output": str(self.output),
            "exit_code": self.exit_code,
            "interrupted": self.interrupted,
            "wall_s": self.wall_s,
            "passed_over": self.passed_over,
            "links_out": self.links_out,
            "skipped": self.skipped,
            **self._totals(),
            "profile": None if self.profile is None else self.profile.as_dict(),
            "videos": [asdict(result) for result in self.results],
        }

    def as_text(self) -> str:
        """Return the summary that a person reads after a run."""
        totals = self._totals()
        lines = [self._headline()]
        if totals["frames_analysed"]:
            lines.append(
                f"Frames   {totals['frames_analysed']:,} analysed, "
                f"{totals['share_with_face']:.1%} with a face, "
                f"{_counted(totals['faces'], 'face')}, {_counted(totals['tracks'], 'track')}"
            )
        if totals["frames_now"]:
            speed = totals["frames_now"] / self.wall_s
            lines.append(f"Speed    {speed:.1f} frames/s over {self.wall_s:.1f} s")
        lines.append(f"Output   {visible(str(self.output))}")
        if self.passed_over:
            others = _counted(self.passed_over, "other file")
            lines.append(f"Passed over {others} in the input folders.")
        if self.links_out:
            links = _counted(self.links_out, "link")
            lines.append(
                f"Passed over {links} out of the input folders: a pattern in quotes "
                "('FOLDER/**/*') follows them."
            )
        lines += _list_of("Partial", self.partial) + _list_of("Failed", self.failed)
        if not_tried := {r.video for r in self.failed}.intersection(self.skipped):
            lines.append(
                f"{_counted(len(not_tried), 'video')} that failed before and did not change "
                "since: not tried again; --retry-failed tries them."
            )
        if self.interrupted:
            lines.append("Stopped before the end: run the same command again to go on.")
        lines += [] if self.profile is None else [self.profile.as_text()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the summary, and what became of each video."""
        unwell = [*self.failed, *self.partial]
        return (
            f"<pre>{_html(self.as_text())}</pre>" + VideoTable([*unwell, *self.done])._repr_html_()
        )

    def _headline(self) -> str:
        parts = [f"{len(self.done):,} done"]
        parts += [f"{len(self.partial):,} partial"] if self.partial else []
        parts += [f"{len(self.failed):,} failed"] if self.failed else []
        before = f" ({len(self.skipped):,} finished before)" if self.skipped else ""
        return f"Videos   {', '.join(parts)}{before}"

    def _totals(self) -> dict[str, float]:
        frames = sum(r.frames_analysed for r in self.results)
        with_face = sum(r.frames_with_face for r in self.results)
        before = set(self.skipped)
        return {
            "done": len(self.done),
            "partial": len(self.partial),
            "failed": len(self.failed),
            "frames_analysed": frames,
            "frames_now": sum(r.frames_analysed for r in self.results if r.video not in before),
            "frames_with_face": with_face,
            "share_with_face": with_face / frames if frames else 0.0,
            "faces": sum(r.faces for r in self.results),
            "tracks": sum(r.tracks for r in self.results),
        }


def _counted(number: float, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _html_row(kind: str, cells: list[str]) -> str:
    return "<tr>" + "".join(f"<{kind}>{_html(cell)}</{kind}>" for cell in cells) + "</tr>"


def _html(text: str) -> str:
    """Return text that no browser takes for anything else, line breaks kept."""
    return "\n".join(escape(visible(line)) for line in text.split("\n"))


def _list_of(title: str, results: list[VideoResult]) -> list[str]:
    lines = [f"  {visible(r.video)}: {visible(r.error or '')}" for r in results[:_MOST_LISTED]]
    if len(results) > _MOST_LISTED:
        lines.append(f"  and {len(results) - _MOST_LISTED:,} more, listed in videos.parquet")
    return [f"{title}:", *lines] if lines else []

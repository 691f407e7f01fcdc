"""A comparison as tables to read."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from vidfer.analysis.video_names import listed
from vidfer.emotions import EMOTIONS
from vidfer.visible import visible

_MOST_VIDEOS: Final = 20
_OTHER: Final = {"timeline": "the other", "table": "the other tool", "codes": "the codes"}
_EMOTION_FIGURES: Final = {
    "mean_source": "mean",
    "mean_other": "other's mean",
    "mean_difference": "difference",
    "icc_absolute": "ICC(A,1)",
    "icc_consistency": "ICC(C,1)",
    "pearson": "r",
}
_EVENT_FIGURES: Final = {
    "coded": "coded",
    "found": "found",
    "matched": "matched",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "mean_overlap": "overlap",
    "median_delay_s": "delay (s)",
}
_VIDEO_FIGURES: Final = {
    "frames": "frames",
    "pairs": "compared",
    "agreement": "agreement",
    "kappa": "kappa",
}


def text_of(found: dict[str, Any]) -> str:
    """Return what `Comparison.as_dict` holds as text."""
    total = found["total"]
    parts = [_lines(_overview(found))]
    if total["pairs"]:
        parts.append(_confusion(found))
    if any(values["mean_source"] is not None for values in total["emotions"].values()):
        parts.append(_lines(_table("probabilities", _EMOTION_FIGURES, total["emotions"])))
    if found["events"]:
        parts.append(_lines(_table("stretches", _EVENT_FIGURES, found["events"])))
    if len(found["by_video"]) > 1:
        parts.append(_videos(found["by_video"]))
    parts.append(_lines(_remarks(found)))
    return "\n\n".join(part for part in parts if part)


def _overview(found: dict[str, Any]) -> Iterator[str]:
    total, other = found["total"], _OTHER[found["kind"]]
    videos = "1 video" if found["videos"] == 1 else f"{found['videos']:,} videos"
    yield (
        f"{videos}; frames in both: {total['frames']:,}, "
        f"{_share(total['frames'], total['frames_source'])} of {total['frames_source']:,} here and "
        f"{_share(total['frames'], total['frames_other'])} of {total['frames_other']:,} in {other}"
    )
    if found["kind"] == "codes":
        yield f"coded frames with a face: {_share(total['both'], total['frames'])}"
    else:
        yield (
            f"a face in both {total['both']:,}, only here {total['only_source']:,}, only in "
            f"{other} {total['only_other']:,}, in none {total['neither']:,}; "
            f"kappa {_figure(total['face_kappa'])}"
        )
    yield (
        f"compared: {total['pairs']:,} faces; agreement {_with_interval(total, 'agreement')}, "
        f"Cohen's kappa {_with_interval(total, 'kappa')}"
    )


def _with_interval(total: dict[str, Any], name: str) -> str:
    low, high = total[f"{name}_interval"]
    value = _figure(total[name])
    return value if low is None else f"{value} [{_figure(low)}, {_figure(high)}]"


def _confusion(found: dict[str, Any]) -> str:
    counts = found["total"]["confusion"]
    rows = {
        emotion: {name: counts[row][column] for column, name in enumerate(EMOTIONS)}
        for row, emotion in enumerate(EMOTIONS)
    }
    names = dict(zip(EMOTIONS, EMOTIONS))
    return _lines(_table(f"{_OTHER[found['kind']]} \\ here", names, rows))


def _videos(rows: Sequence[dict[str, Any]]) -> str:
    """The videos with the least agreement come first, and only so many."""

    def agreement(row: dict[str, Any]) -> float:
        return 2.0 if row["kappa"] is None else row["kappa"]

    chosen = sorted(rows, key=agreement)[:_MOST_VIDEOS]
    lines = list(_table("videos", _VIDEO_FIGURES, {visible(row["video"]): row for row in chosen}))
    more = len(rows) - len(chosen)
    return _lines([*lines, f"... and {more:,} more: -o FILE has all"] if more else lines)


def _remarks(found: dict[str, Any]) -> Iterator[str]:
    for key, where in (("only_source", "only here"), ("only_other", "only in the other")):
        if found[key]:
            yield f"{where}: {listed([visible(name) for name in found[key]])}"
    if found["ignored_labels"]:
        labels = [f"{visible(name)} ({n:,})" for name, n in found["ignored_labels"].items()]
        yield f"labels that are no emotion, left out: {listed(labels)}"
    yield from map(visible, found["notes"])


def _table(title: str, columns: dict[str, str], rows: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield a header and a line per row, in columns that are as wide as they need."""
    cells = [[name, *(_figure(row[key]) for key in columns)] for name, row in rows.items()]
    grid = [[title, *columns.values()], *cells]
    widths = [max(len(line[place]) for line in grid) for place in range(len(grid[0]))]
    for line in grid:
        first, rest = line[0].ljust(widths[0]), zip(line[1:], widths[1:])
        yield "  ".join([first, *(cell.rjust(width) for cell, width in rest)]).rstrip()


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    # A difference that rounds to zero has no sign.
    return f"{value:,}" if isinstance(value, int) else f"{round(value, 3) + 0.0:.3f}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _lines(lines: Sequence[str] | Iterator[str]) -> str:
    return "\n".join(lines)

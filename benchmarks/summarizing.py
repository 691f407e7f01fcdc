"""How long summaries of many videos take, and how much memory.

    python benchmarks/summarizing.py [--videos 10000] [--rows 2000] [--folder FOLDER] [--write]

Makes results of synthetic videos (two faces that come and go, 25 frames a second, random
walks of probabilities), all of them and a tenth of them, and runs `vidfer summarize` on
both, each command in a process of its own. Peak memory is what the kernel says of it
(maximum resident set size). If memory is bounded, ten times the videos do not take ten
times as much.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measuring import Report, parser

from vidfer.emotions import EMOTIONS
from vidfer.timeline.schema import TIMELINE_SCHEMA

FACES = 2
FPS = 25
PATTERNS = 20
VIDEOS_PER_FOLDER = 500

COMMANDS = {
    "by video": ["--by", "video"],
    "by track": ["--by", "track"],
    "by window of 10 s": ["--by", "window", "--window-s", "10"],
    "by event": ["--by", "event", "--events", "EVENTS"],
    "by group": ["--by", "group", "--attributes", "ATTRIBUTES", "--group-by", "condition"],
}


def pattern(rows: int, generator: np.random.Generator) -> pa.Table:
    """Return a timeline of one video with about `rows` rows; the name is still missing."""
    frames = round(rows / 1.5)
    frame = np.repeat(np.arange(frames), FACES)
    face = np.tile(np.arange(FACES), frames)
    # The second face is there in every other stretch of ten seconds: 1.5 rows a frame.
    kept = (face == 0) | (frame // (10 * FPS) % 2 == 0)
    frame, face = frame[kept], face[kept]
    walk = generator.normal(size=(frames, FACES, len(EMOTIONS))).cumsum(axis=0) / 5
    odds = np.exp(walk - walk.max(axis=2, keepdims=True))[frame, face]
    chances = (odds / odds.sum(axis=1, keepdims=True)).round(3)
    best = chances.argmax(axis=1)
    columns = {
        "video": np.full(len(frame), "", dtype=object),
        "frame": frame,
        "time_s": frame / FPS,
        "status": np.full(len(frame), "ok", dtype=object),
        "face": face,
        "track": face,
        "box_source": np.full(len(frame), "detected", dtype=object),
        "emotion": np.array(EMOTIONS, dtype=object)[best],
        "confidence": chances.max(axis=1),
        "usable": generator.random(len(frame)) < 0.95,
        **dict(zip(EMOTIONS, chances.T)),
    }
    plain = np.full(len(frame), 100.0)
    arrays = [pa.array(columns.get(f.name, plain)).cast(f.type) for f in TIMELINE_SCHEMA]
    return pa.table(arrays, schema=TIMELINE_SCHEMA)


def make_results(output: Path, *, videos: int, rows: int) -> int:
    """Write timelines of so many videos; return the number of rows."""
    generator = np.random.default_rng(0)
    patterns = [pattern(rows, generator) for _ in range(PATTERNS)]
    written = 0
    for number in range(videos):
        table = patterns[number % PATTERNS]
        video = f"part{number // VIDEOS_PER_FOLDER:03}/video{number:06}.mp4"
        path = output / "timeline" / f"{video}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        names = pa.array(np.full(len(table), video, dtype=object))
        pq.write_table(
            table.set_column(0, TIMELINE_SCHEMA.field(0), names), path, compression="zstd"
        )
        written += len(table)
    write_files(output, videos)
    return written


def write_files(output: Path, videos: int) -> None:
    """Write events that all videos share, and attributes of two conditions."""
    events = ["video,start,end,label", ",0,10,intro", ",5,15,question", ",15,30,answer"]
    (output / "events.csv").write_text("\n".join(events), encoding="utf-8")
    attributes = ["video,participant,condition"]
    for number in range(videos):
        attributes.append(f"video{number:06}.mp4,p{number // 4},{'ab'[number % 2]}")
    (output / "attributes.csv").write_text("\n".join(attributes), encoding="utf-8")


def run(output: Path, options: list[str]) -> tuple[int, float, float, float]:
    """Summarise in a process; return rows made, seconds, CPU seconds, megabytes at the peak."""
    files = {"EVENTS": str(output / "events.csv"), "ATTRIBUTES": str(output / "attributes.csv")}
    target = output / "summary.json"
    words = [files.get(word, word) for word in options]
    command = ["-m", "vidfer", "summarize", str(output), *words, "-o", str(target)]
    started = time.perf_counter()
    process = os.posix_spawn(sys.executable, [sys.executable, *command], os.environ)
    _, status, usage = os.wait4(process, 0)
    if status != 0:
        sys.exit("vidfer summarize failed")
    taken_s = time.perf_counter() - started
    rows = len(json.loads(target.read_text(encoding="utf-8")))
    return rows, taken_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def measure(report: Report, folder: Path, *, videos: int, rows: int) -> None:
    outputs = {}
    for count in (videos // 10, videos):
        output = folder / f"{count}x{rows}"
        outputs[output] = count, make_results(output, videos=count, rows=rows)
    sizes = ", ".join(f"{count:,} videos with {total:,} rows" for count, total in outputs.values())
    report.say(f"Of {sizes}.")
    lines = []
    for name, options in COMMANDS.items():
        for output, (count, total) in outputs.items():
            made, taken_s, cpu_s, peak_mb = run(output, options)
            seconds = [f"{taken_s:.1f}", f"{cpu_s:.1f}", f"{total / cpu_s:,.0f}"]
            lines.append([name, f"{count:,}", f"{made:,}", *seconds, f"{peak_mb:,.0f}"])
    heads = ["", "videos", "rows made", "s", "CPU s", "rows read per CPU s", "peak memory, MB"]
    report.table(heads, lines)


def main() -> None:
    options = parser(__doc__, rounds=1)
    options.add_argument("--videos", type=int, default=10_000)
    options.add_argument("--rows", type=int, default=2_000, help="of each video, about")
    options.add_argument("--folder", type=Path, help="where results are made; else temporary")
    chosen = options.parse_args()
    report = Report(
        "summarizing",
        "How long `vidfer summarize` takes on many videos, and whether its memory is bounded.",
        packages=("polars", "numpy", "pyarrow"),
    )
    if chosen.folder is not None:
        measure(report, chosen.folder, videos=chosen.videos, rows=chosen.rows)
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(report, Path(folder), videos=chosen.videos, rows=chosen.rows)
    report.finish(chosen.write, rounds=1)


if __name__ == "__main__":
    main()

"""What tests.fuzz holds against a run over damaged files; each check returns what is wrong."""

import json
import math
import subprocess
from collections import Counter
from pathlib import Path

import polars as pl
import psutil

import vidfer
from tests import chaos_checks

# An environment variable by which the processes of a run are known.
MARK = "VIDFER_FUZZ_RUN"

# Reasons that say that a worker was lost, and what it says when an error was not foreseen.
LOST = ("crashed", "timeout", "oom")
UNFORESEEN = "Please report this"

EXIT_CODES = (0, 1, 2)
STATUSES = ("done", "partial", "failed")


def results_of(done: "subprocess.CompletedProcess[str]") -> list[dict]:
    """Return the rows that a run printed; none where it did not come to that."""
    try:
        return json.loads(done.stdout)["videos"]
    except (json.JSONDecodeError, KeyError):
        return []


def faults_of_run(done: "subprocess.CompletedProcess[str]", *, output: Path) -> list[str]:
    """Say what is wrong with a run as a whole: how it ended, what it said and left."""
    found = []
    if done.returncode not in EXIT_CODES:
        found.append(f"it ended with {done.returncode}")
    if done.stderr:
        found.append(f"it said {done.stderr[-2000:]!r}")
    if not results_of(done):
        return [*found, "it gave no results"]
    verified = vidfer.verify(output)
    found += [] if verified.exit_code == 0 else [verified.as_text()]
    return found + chaos_checks.left_behind(output) + _processes_left(output)


def faults_of_results(
    results: list[dict], *, output: Path, names: set[str]
) -> dict[str, list[str]]:
    """Say by video what is wrong with the rows of a run over the files of these names."""
    counts = Counter(result["video"] for result in results)
    found = {name: [f"has {counts[name]} rows"] for name in names if counts[name] != 1}
    for result in results:
        found.setdefault(result["video"], []).extend(_faults_of(result, output))
    return found


def _faults_of(result: dict, output: Path) -> list[str]:
    found = []
    error = result["error"] or ""
    if result["status"] not in STATUSES:
        found.append(f"its status is {result['status']}")
    if result["status"] != "done" and not (error.endswith(".") and "\n" not in error):
        found.append(f"its error is no sentence: {error!r}")
    if result["status"] != "done" and not result["reason"]:
        found.append("it has no reason")
    if UNFORESEEN in error:
        found.append(error)
    if result["status"] == "failed":
        return found + ([] if result["timeline"] is None else ["it failed and has a timeline"])
    return found + _faults_of_rows(result, output / result["timeline"])


def _faults_of_rows(result: dict, timeline: Path) -> list[str]:
    rows = pl.read_parquet(timeline)
    frames = rows["frame"].n_unique()
    found = []
    if not frames == result["frames_analysed"] == result["frames_decoded"] > 0:
        found.append(
            f"{frames} frames in its timeline, {result['frames_analysed']} analysed, "
            f"{result['frames_decoded']} decoded"
        )
    if not all(map(math.isfinite, rows["time_s"])):
        found.append("it has times that are no numbers")
    if any(not 0 <= start < end for start, end in result["lost_ranges_s"]):
        found.append(f"its lost ranges are {result['lost_ranges_s']}")
    return found


def _processes_left(output: Path) -> list[str]:
    """Name the processes of a finished run that are still there."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(output):
                found.append(f"process {process.pid} was left behind")
        except psutil.Error:
            continue
    return found

"""Short forms of `python -m tests.fuzz`, and what it would say of results that are wrong."""

import json
import shutil
import subprocess
from random import Random

import pytest

import vidfer
from tests import fuzz_checks
from tests.clips import ClipFolder
from tests.fuzz import Fuzz
from tests.fuzz_clips import CLIPS
from tests.mutations import MUTATIONS, boxes, mutate
from tests.outputs import ScriptedEngine, flip_a_bit, make_videos

pytestmark = pytest.mark.timeout(200)


def test_files_damaged_by_chance_end_in_a_status_and_the_parent_lives(tmp_path):
    tally = Fuzz(tmp_path / "scratch", seed=5, keep=tmp_path / "kept").run(files=40, batch=40)
    assert tally.found == []
    assert tally.outcomes.total() == 40
    assert len(tally.outcomes) >= 3


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_many_files_damaged_by_chance_end_in_a_status_and_the_parent_lives(tmp_path):
    tally = Fuzz(tmp_path / "scratch", seed=6, keep=tmp_path / "kept").run(files=600, batch=300)
    assert tally.found == []


def test_a_file_follows_from_seed_and_number(tmp_path):
    first, again, other = (
        Fuzz(tmp_path / name, seed=seed, keep=tmp_path)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    made = [fuzz.make(7, tmp_path / name) for fuzz, name in ((first, "a"), (again, "b"))]
    assert made[0].name == made[1].name
    assert made[0].read_bytes() == made[1].read_bytes()
    assert other.make(7, tmp_path / "c").read_bytes() != made[0].read_bytes()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize("name", ["index_first", "mkv", "avi", "transport_stream"])
def test_a_mutation_changes_a_file_and_follows_from_its_chance(mutation, name, clips: ClipFolder):
    whole = clips.healthy(name).path.read_bytes()
    changed = [mutation(whole, Random(seed)) for seed in range(20)]
    assert changed == [mutation(whole, Random(seed)) for seed in range(20)]
    assert sum(content != whole for content in changed) > 10


def test_nothing_is_too_small_to_be_mutated():
    for size in (1, 2, 7, 100):
        for seed in range(50):
            mutate(bytes(size), Random(seed))


def test_boxes_are_found_within_boxes(clips: ClipFolder):
    content = clips.healthy("index_first").path.read_bytes()
    kinds = [content[start + 4 : start + 8] for start, _ in boxes(content)]
    assert kinds[:2] == [b"ftyp", b"moov"]
    assert {b"stsz", b"stts", b"mdat"} <= set(kinds)


def test_all_containers_that_the_issue_names_are_mutated():
    assert {name.split(".")[1] for name in CLIPS} >= {"mp4", "mkv", "avi", "ts"}


# What the checks find


@pytest.fixture
def run(tmp_path):
    """Return what a run of three videos printed and left, of which one failed."""
    videos = make_videos(tmp_path / "videos", "a.mp4", "b.mp4", "c.mp4")
    outcome = vidfer.analyze(videos, tmp_path / "out", engine=ScriptedEngine({"c.mp4": "corrupt"}))
    printed = json.dumps(outcome.as_dict())
    return subprocess.CompletedProcess([], outcome.exit_code, printed, ""), tmp_path / "out"


def faults(done, output) -> list[str]:
    results = fuzz_checks.results_of(done)
    names = {"a.mp4", "b.mp4", "c.mp4"}
    by_video = fuzz_checks.faults_of_results(results, output=output, names=names)
    of_results = [fault for found in by_video.values() for fault in found]
    return fuzz_checks.faults_of_run(done, output=output) + of_results


def changed(done, **values) -> "subprocess.CompletedProcess[str]":
    """Return a run whose first row says other things."""
    printed = json.loads(done.stdout)
    printed["videos"][0] |= values
    return subprocess.CompletedProcess([], done.returncode, json.dumps(printed), done.stderr)


def test_a_sound_run_has_no_faults(run):
    assert faults(*run) == []


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"video": "b.mp4"}, "has 2 rows"),
        ({"status": "well"}, "its status is well"),
        ({"frames_analysed": 2}, "3 frames in its timeline, 2 analysed"),
        ({"status": "partial", "reason": "corrupt"}, "no sentence"),
        ({"status": "partial", "error": "It is cut."}, "no reason"),
        ({"error": "Unexpected KeyError: 1 Please report this."}, "KeyError"),
        ({"lost_ranges_s": [[2.0, 1.0]]}, "lost ranges"),
    ],
)
def test_a_wrong_row_is_found(values, what, run):
    done, output = run
    assert any(what in fault for fault in faults(changed(done, **values), output))


def test_a_parent_that_died_is_found(run):
    done, output = run
    dead = subprocess.CompletedProcess([], -6, "", "terminate called after std::bad_alloc")
    found = faults(dead, output)
    assert any("ended with -6" in fault for fault in found)
    assert any("no results" in fault for fault in found)
    assert sum("has 0 rows" in fault for fault in found) == 3
    assert done.returncode == 1


def test_damage_and_leftovers_are_found(run):
    done, output = run
    shutil.copy(output / "videos.parquet", output / ".left.tmp")
    flip_a_bit(next((output / "timeline").glob("a*.parquet")))
    found = fuzz_checks.faults_of_run(done, output=output)
    assert any(".left.tmp was left behind" in fault for fault in found)
    assert any("a.mp4.parquet" in fault for fault in found)

"""Where the time goes: what a stopwatch counts, how profiles add up, how they reach the user."""

import json
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import pytest
from click.testing import CliRunner

import vidfer
from tests.fakes import AlwaysHappy, SquareFinder, SquareNumbering, frames_with_squares
from tests.results import EXAMPLES, assert_same_rows
from vidfer.cli import main
from vidfer.computing.chunk_reader import ChunkReader
from vidfer.engine.serial import SerialEngine
from vidfer.pipeline import run_pipeline
from vidfer.profiling import NO_PROFILE, Profile, Stage, StageTime, Stopwatch, watched

CLIP = EXAMPLES / "two_faces.mp4"
SHORT = vidfer.AnalyzeSettings(end_s=0.5)


def profile_of(frames, **stages) -> Profile:
    named = {stage: StageTime(cpu_s, 2 * cpu_s) for stage, cpu_s in stages.items()}
    total = StageTime(sum(stages.values()) + 1, 10)
    return Profile(frames=frames, stages=named, total=total)


def test_a_block_counts_for_its_stage_and_sleep_is_wall_time_only():
    stopwatch = Stopwatch()
    with stopwatch.measure("opening"):
        time.sleep(0.05)
    taken = stopwatch.profile(frames=1).stages["opening"]
    assert taken.wall_s >= 0.05
    assert taken.cpu_s < taken.wall_s


def test_a_block_that_is_left_by_an_error_counts_too():
    stopwatch = Stopwatch()
    with pytest.raises(ValueError, match="broken"), stopwatch.measure("opening"):
        raise ValueError("broken")
    assert list(stopwatch.profile(frames=1).stages) == ["opening"]


@pytest.mark.timeout(20)
def test_threads_add_up_and_each_counts_its_own_processor_time():
    stopwatch = Stopwatch()

    def work():
        with stopwatch.measure("detection"):
            time.sleep(0.05)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    profile = stopwatch.profile(frames=1)
    assert profile.stages["detection"].wall_s >= 4 * 0.05
    assert profile.stages["detection"].cpu_s <= profile.total.cpu_s


def test_what_another_process_measured_counts_in_its_stages_and_in_all():
    stopwatch = Stopwatch()
    stopwatch.add(profile_of(0, detection=100.0, classification=50.0))
    stopwatch.add(profile_of(0, detection=1.0))
    profile = stopwatch.profile(frames=1)
    assert profile.stages["detection"] == StageTime(101.0, 202.0)
    assert profile.stages["classification"] == StageTime(50.0, 100.0)
    assert 153.0 <= profile.total.cpu_s < 154.0
    assert profile.total.wall_s < 1


def test_only_the_making_of_watched_items_counts():
    stopwatch = Stopwatch()

    def slow():
        for item in (1, 2):
            time.sleep(0.02)
            yield item

    items = []
    for item in watched(slow(), stopwatch, "decoding"):
        time.sleep(0.1)
        items.append(item)
    taken = stopwatch.profile(frames=1).stages["decoding"]
    assert items == [1, 2]
    assert 0.04 <= taken.wall_s < stopwatch.profile(frames=1).total.wall_s - 0.2 + 0.001


def test_profiles_add_up_stage_by_stage_in_the_stages_order():
    one = profile_of(10, decoding=2.0)
    both = NO_PROFILE + one + profile_of(30, opening=1.0, decoding=1.0)
    assert both.frames == 40
    assert list(both.stages) == ["opening", "decoding"]
    assert both.stages["decoding"] == StageTime(3.0, 6.0)
    assert both.total == StageTime(6.0, 20.0)


def test_shares_of_the_processors_time_sum_to_one():
    stages = profile_of(40, opening=1.0, decoding=2.0).as_dict()["stages"]
    assert sum(stage["share"] for stage in stages.values()) == pytest.approx(1)
    assert stages["decoding"]["frames_per_s"] == 20
    assert stages["elsewhere"]["cpu_s"] == 1.0
    assert stages["elsewhere"]["share"] == 0.25


def test_waiting_allows_no_speed():
    assert profile_of(40, waiting=1.0).as_dict()["stages"]["waiting"]["frames_per_s"] is None


def test_the_table_names_every_stage_and_nothing_analysed_is_said_in_a_sentence():
    lines = profile_of(1000, opening=1.0, decoding=2.0).as_text().splitlines()
    assert "1,000 frames" in lines[0]
    assert lines[3].split() == ["decoding", "2.00", "4.00", "50.0%", "500"]
    assert "Nothing was analysed" in NO_PROFILE.as_text()


def test_a_profile_survives_the_way_out_of_a_worker():
    profile = profile_of(3, decoding=2.0)
    assert pickle.loads(pickle.dumps(profile)) == profile


@pytest.mark.timeout(20)
@pytest.mark.parametrize("threads", [1, 3])
def test_the_pipeline_measures_each_of_its_stages(threads):
    stopwatch = Stopwatch()
    chunks = [frames_with_squares([1, 2], first_index=2 * i) for i in range(5)]
    with ThreadPoolExecutor(threads) as executor:
        run_pipeline(
            chunks,
            video="clip.mp4",
            reader=ChunkReader(SquareFinder(), AlwaysHappy()),
            numbering=SquareNumbering(),
            write=lambda rows: None,
            executor=executor,
            watch=stopwatch,
        )
    assert set(stopwatch.profile(frames=10).stages) == set(get_args(Stage)) - {"opening"}


def test_analyze_measures_when_asked_only_and_rows_are_the_same(tmp_path):
    plain, measured = (
        vidfer.analyze(CLIP, tmp_path / name, profile=on, settings=SHORT, engine=SerialEngine())
        for name, on in (("plain", False), ("measured", True))
    )
    assert plain.profile is None
    assert plain.as_dict()["profile"] is None
    assert set(measured.profile.stages) == set(get_args(Stage))
    assert measured.as_text().splitlines()[:2] == plain.as_text().splitlines()[:2]
    assert "following and crops" in measured.as_text()
    assert_same_rows(tmp_path / "plain", tmp_path / "measured")


@pytest.mark.timeout(120)
def test_profiles_come_through_worker_processes_and_sum_over_videos(tmp_path):
    inputs = [CLIP, EXAMPLES / "face_then_none.mp4"]
    settings = vidfer.AnalyzeSettings(end_s=0.3, workers=2)
    outcome = vidfer.analyze(inputs, tmp_path, profile=True, settings=settings)
    profile = outcome.profile
    assert profile.frames == sum(result.frames_analysed for result in outcome.results)
    assert 0 < sum(taken.cpu_s for taken in profile.stages.values()) <= profile.total.cpu_s * 1.05
    assert vidfer.analyze(inputs, tmp_path, profile=True, settings=settings).profile == NO_PROFILE


@pytest.mark.timeout(120)
@pytest.mark.parametrize("threads", [1, 2])
def test_the_cpu_time_of_all_stages_is_counted_also_where_processes_compute(threads, tmp_path):
    settings = vidfer.AnalyzeSettings(end_s=1, workers=1, threads=threads)
    profile = vidfer.analyze(CLIP, tmp_path, profile=True, settings=settings).profile
    assert set(profile.stages) == set(get_args(Stage))
    for stage in ("detection", "following and crops", "classification"):
        assert profile.stages[stage].cpu_s > 0.01
    assert sum(taken.cpu_s for taken in profile.stages.values()) <= profile.total.cpu_s * 1.05


@pytest.mark.timeout(120)
def test_the_command_prints_the_profile_and_gives_it_as_json(tmp_path):
    arguments = ["analyze", str(CLIP), "-o", str(tmp_path), "--end", "0.2", "--profile"]
    printed = CliRunner().invoke(main, arguments)
    assert "Profile" in printed.output
    assert "classification" in printed.output
    as_json = CliRunner().invoke(main, [*arguments, "--json", "--overwrite"])
    profile = json.loads(as_json.stdout)["profile"]
    assert set(profile["stages"]) == {*get_args(Stage), "elsewhere"}
    assert profile["frames"] == 5

"""From what the user names to videos, each once, with names that no other has."""

import itertools
import os
import random
from pathlib import Path

import pytest

from vidfer.video.inputs import (
    FoundInputs,
    InputVideo,
    find_videos,
    name_videos,
    printable,
    timeline_name,
)

FILE_NAME_BYTES = 255
# A timeline is written beside its place under a longer, temporary name.
ROOM_FOR_SUFFIX = 20


def make(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return paths


def find(*inputs: str | Path, exclude: Path | None = None) -> FoundInputs:
    return find_videos(inputs, exclude=exclude or Path("no such output"))


def below(found: FoundInputs) -> list[str]:
    return [video.below for video in found.videos]


def paths(found: FoundInputs) -> list[Path]:
    return [video.path for video in found.videos]


def names(videos: list[InputVideo], known: dict[str, str] | None = None) -> list[str]:
    return [name for name, _ in name_videos(videos, known=known or {})]


def known_after(named: list[tuple[str, InputVideo]]) -> dict[str, str]:
    """Return what a manifest remembers of a run: printable path to name."""
    return {printable(str(video.path)): name for name, video in named}


# Folders


def test_a_folder_gives_its_videos_recursively_in_a_fixed_order(tmp_path: Path):
    make(tmp_path, "b.mp4", "a.mkv", "deep/er/d.mov", "deep/c.webm")
    assert below(find(tmp_path)) == ["a.mkv", "b.mp4", "deep/c.webm", "deep/er/d.mov"]


def test_a_folder_passes_over_and_counts_other_files(tmp_path: Path):
    make(tmp_path, "a.mp4", "notes.txt", "b/sound.mp3", "b/noending")
    found = find(tmp_path)
    assert below(found) == ["a.mp4"]
    assert found.passed_over == 3


@pytest.mark.parametrize("ending", ["mp4", "MP4", "Mov", "mkv", "webm", "ts", "m2ts", "gif", "3gp"])
def test_endings_count_in_upper_and_lower_case(ending, tmp_path: Path):
    make(tmp_path, f"a.{ending}")
    assert below(find(tmp_path)) == [f"a.{ending}"]


def test_hidden_files_and_folders_are_neither_given_nor_counted(tmp_path: Path):
    make(tmp_path, "a.mp4", ".b.mp4", "._a.mp4", ".hidden/c.mp4", ".notes")
    found = find(tmp_path)
    assert below(found) == ["a.mp4"]
    assert found.passed_over == 0


def test_a_hidden_folder_that_is_named_is_searched(tmp_path: Path):
    make(tmp_path, ".hidden/c.mp4")
    assert below(find(tmp_path / ".hidden")) == ["c.mp4"]


def test_an_empty_folder_gives_nothing(tmp_path: Path):
    assert find(tmp_path) == FoundInputs(videos=[], passed_over=0)


def test_a_folder_named_like_a_video_is_searched_and_not_given(tmp_path: Path):
    make(tmp_path, "take.mp4/a.mp4")
    assert below(find(tmp_path)) == ["take.mp4/a.mp4"]


def test_links_that_go_round_in_circles_end(tmp_path: Path):
    make(tmp_path, "a.mp4")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert below(find(tmp_path)) == ["a.mp4"]


# Files


@pytest.mark.parametrize(
    "name", ["a.mp4", "a.xyz", "noending", ".hidden", "sound.mp3", "a.mp4.part"]
)
def test_a_named_file_is_always_given(name, tmp_path: Path):
    [path] = make(tmp_path, name)
    found = find(path)
    assert found == FoundInputs(videos=[InputVideo(path=path, below=name)], passed_over=0)


def test_a_missing_path_is_kept_so_that_it_is_reported(tmp_path: Path):
    assert below(find(tmp_path / "missing.mp4")) == ["missing.mp4"]


def test_a_broken_link_is_kept_so_that_it_is_reported(tmp_path: Path):
    (tmp_path / "link.mp4").symlink_to(tmp_path / "nowhere")
    assert below(find(tmp_path / "link.mp4")) == ["link.mp4"]


def test_paths_are_absolute_and_strings_are_taken(tmp_path: Path, monkeypatch):
    make(tmp_path, "a.mp4", "b/c.mp4")
    monkeypatch.chdir(tmp_path)
    found = find("a.mp4", "b", "b/../b/d.mp4")
    assert paths(found) == [tmp_path / "a.mp4", tmp_path / "b/c.mp4", tmp_path / "b/d.mp4"]


def test_the_current_folder_is_searched(tmp_path: Path, monkeypatch):
    make(tmp_path, "a.mp4", "b/c.mp4")
    monkeypatch.chdir(tmp_path)
    assert below(find(".")) == ["a.mp4", "b/c.mp4"]


# Patterns


def test_a_pattern_gives_its_matches_named_below_its_fixed_part(tmp_path: Path):
    make(tmp_path, "x/1/a.mp4", "x/2/b.mp4", "x/2/c.txt", "y/a.mp4")
    found = find(f"{tmp_path}/x/*/*")
    assert below(found) == ["1/a.mp4", "2/b.mp4"]
    assert found.passed_over == 1


def test_two_stars_search_recursively(tmp_path: Path):
    make(tmp_path, "a.mp4", "x/b.mp4", "x/y/c.mp4")
    assert below(find(f"{tmp_path}/**/*.mp4")) == ["a.mp4", "x/b.mp4", "x/y/c.mp4"]


def test_a_relative_pattern(tmp_path: Path, monkeypatch):
    make(tmp_path, "x/a.mp4", "x/b.mp4")
    monkeypatch.chdir(tmp_path)
    found = find("x/[b]*.mp4")
    assert below(found) == ["b.mp4"]
    assert paths(found) == [tmp_path / "x/b.mp4"]


def test_a_pattern_without_match_is_kept_so_that_it_is_reported(tmp_path: Path):
    assert below(find(f"{tmp_path}/*.mp4")) == ["*.mp4"]


@pytest.mark.parametrize("name", ["a[1].mp4", "what?.mp4", "star*.mp4"])
def test_a_file_whose_name_looks_like_a_pattern_is_that_file(name, tmp_path: Path):
    make(tmp_path, name, "a1.mp4", "whatx.mp4", "starlight.mp4")
    assert below(find(tmp_path / name)) == [name]


# Each once


def test_a_file_found_in_many_ways_is_given_once_at_its_first_place(tmp_path: Path, monkeypatch):
    [a, b] = make(tmp_path, "x/a.mp4", "x/b.mp4")
    monkeypatch.chdir(tmp_path)
    found = find(b, "x", "x/*.mp4", "./x/../x/a.mp4", str(a))
    assert paths(found) == [b, a]


def test_the_output_folder_is_left_out(tmp_path: Path):
    make(tmp_path, "a.mp4", "out/annotated.mp4", "out/deep/b.mp4", "outer/c.mp4")
    found = find(tmp_path, exclude=tmp_path / "out")
    assert below(found) == ["a.mp4", "outer/c.mp4"]


def test_a_relative_output_folder_is_left_out(tmp_path: Path, monkeypatch):
    make(tmp_path, "a.mp4", "out/annotated.mp4")
    monkeypatch.chdir(tmp_path)
    assert below(find(tmp_path, exclude=Path("out"))) == ["a.mp4"]


def test_what_lies_in_the_output_folder_is_not_counted(tmp_path: Path):
    make(tmp_path, "a.mp4", "out/videos.parquet", "out/timeline/a.mp4.parquet")
    assert find(tmp_path, exclude=tmp_path / "out").passed_over == 0


# Names


def test_a_name_is_the_path_below_the_input(tmp_path: Path):
    make(tmp_path, "a.mp4", "x/b.mp4")
    assert names(find(tmp_path).videos) == ["a.mp4", "x/b.mp4"]


def test_folders_above_tell_files_of_one_name_apart(tmp_path: Path):
    one, two, three = make(tmp_path, "p/x/clip.mp4", "p/y/clip.mp4", "q/y/clip.mp4")
    assert names(find(one, two, three).videos) == ["clip.mp4", "y/clip.mp4", "q/y/clip.mp4"]


def test_two_folders_with_files_of_one_name(tmp_path: Path):
    make(tmp_path, "p/clip.mp4", "q/clip.mp4")
    assert names(find(tmp_path / "p", tmp_path / "q").videos) == ["clip.mp4", "q/clip.mp4"]


def test_names_of_an_earlier_run_are_kept_whatever_the_order(tmp_path: Path):
    files = make(tmp_path, "p/clip.mp4", "q/clip.mp4", "r/clip.mp4")
    known = known_after(name_videos(find(*files).videos, known={}))
    for order in (files, files[::-1], files[1:], files[2:]):
        again = name_videos(find(*order).videos, known=known)
        assert all(known[str(video.path)] == name for name, video in again)


def test_a_new_file_does_not_take_the_name_of_an_earlier_one(tmp_path: Path):
    old, new = make(tmp_path, "p/clip.mp4", "q/clip.mp4")
    known = known_after(name_videos(find(old).videos, known={}))
    assert names(find(new).videos, known) == ["q/clip.mp4"]
    assert names(find(new, old).videos, known) == ["q/clip.mp4", "clip.mp4"]


def test_a_file_reached_by_another_input_keeps_its_name(tmp_path: Path):
    make(tmp_path, "x/y/clip.mp4")
    known = known_after(name_videos(find(tmp_path).videos, known={}))
    assert names(find(tmp_path / "x/y/clip.mp4").videos, known) == ["x/y/clip.mp4"]


def test_a_file_at_the_root_of_the_disk_whose_name_is_taken_still_gets_one():
    videos = [
        InputVideo(path=Path(path), below="clip.mp4") for path in ("/x/clip.mp4", "/clip.mp4")
    ]
    assert len(set(names(videos))) == 2


def random_tree(seed: int) -> list[InputVideo]:
    """Return videos of few, often equal, names in a deep tree, seen from all its folders."""
    chance = random.Random(seed)
    parts = ("a", "b", "a.mp4", "Ä", "x" * 250)
    videos = {}
    for _ in range(60):
        path = Path("/", *(chance.choice(parts) for _ in range(chance.randint(1, 4))))
        below_parts = path.parts[-chance.randint(1, len(path.parts) - 1) :]
        videos.setdefault(path, InputVideo(path=path, below="/".join(below_parts)))
    return list(videos.values())


@pytest.mark.parametrize("seed", range(10))
def test_names_never_collide(seed):
    given = names(random_tree(seed))
    assert len(set(given)) == len(given)


@pytest.mark.parametrize("seed", range(10))
def test_names_are_stable_and_unique_when_a_second_run_adds_videos(seed):
    videos = random_tree(seed)
    first = name_videos(videos[::2], known={})
    second = name_videos(videos[::-1], known=known_after(first))
    given = {video.path: name for name, video in second}
    assert all(given[video.path] == name for name, video in first)
    assert len(set(given.values())) == len(videos)


@pytest.mark.parametrize("seed", range(10))
def test_timelines_never_collide(seed):
    given = [timeline_name(name) for name in names(random_tree(seed))]
    assert len(set(given)) == len(given)


# Odd names


def test_a_timeline_is_named_after_its_video():
    assert timeline_name("x/a.mp4") == "x/a.mp4.parquet"


@pytest.mark.parametrize("character", ["x", "ä", "漢", "😀"])
@pytest.mark.parametrize("length", [50, 199, 200, 201, 250, 255])
def test_timelines_of_long_names_fit_a_file_system(character, length):
    name = character * (length // len(character.encode()))
    for part in timeline_name(f"{name}/{name}").split("/"):
        assert len(part.encode()) <= FILE_NAME_BYTES - ROOM_FOR_SUFFIX


def test_timelines_of_long_names_that_differ_at_their_end_differ():
    assert timeline_name("x" * 249 + "a") != timeline_name("x" * 249 + "b")


@pytest.mark.parametrize("name", ["..", ".", "../a.mp4", "a/../../b.mp4", "a//b.mp4", ""])
def test_no_timeline_lies_outside_its_folder(name):
    parts = timeline_name(name).split("/")
    assert not {"", ".", ".."} & set(parts)


def test_a_name_that_is_not_utf8_becomes_valid_unicode(tmp_path: Path):
    path = tmp_path / os.fsdecode(b"caf\xe9.mp4")
    try:
        path.touch()
    except OSError:
        pytest.skip("this file system takes no names that are not UTF-8")
    found = find(tmp_path)
    assert paths(found) == [path]
    [name] = names(found.videos)
    assert name == "caf\\xe9.mp4"
    assert timeline_name(name).encode() == b"caf\\xe9.mp4.parquet"


def test_a_name_that_is_not_utf8_is_known_again():
    video = InputVideo(path=Path(os.fsdecode(b"/x/\xff.mp4")), below=os.fsdecode(b"\xff.mp4"))
    known = known_after(name_videos([video], known={}))
    other = InputVideo(path=Path("/y/\\xff.mp4"), below="\\xff.mp4")
    assert names([other, video], known) == ["\\\\xff.mp4", "\\xff.mp4"]


def printable_twins() -> list[InputVideo]:
    """Return a video whose name has a byte that is not UTF-8, and one that spells it out."""
    byte = InputVideo(path=Path(os.fsdecode(b"/x/\xff.mp4")), below=os.fsdecode(b"\xff.mp4"))
    text = InputVideo(path=Path("/x/\\xff.mp4"), below="\\xff.mp4")
    return [byte, text]


def test_a_name_that_spells_out_the_bytes_of_another_does_not_collide():
    assert len(set(names(printable_twins()))) == 2


def test_a_name_that_spells_out_the_bytes_of_another_does_not_collide_in_a_second_run():
    first, second = printable_twins()
    known = known_after(name_videos([first], known={}))
    assert len(set(names([first, second], known))) == 2


def test_no_two_paths_look_the_same():
    parts = (b"\\", b"xff", b"\xff", b"a")
    paths = {
        os.fsdecode(b"".join(chosen))
        for length in range(5)
        for chosen in itertools.product(parts, repeat=length)
    }
    assert len({printable(path) for path in paths}) == len(paths)


@pytest.mark.parametrize(
    "name", ["new\nline.mp4", "tab\t.mp4", "quote'\".mp4", "-dash.mp4", "ü.mp4"]
)
def test_odd_but_valid_names_are_kept(name, tmp_path: Path):
    make(tmp_path, name)
    assert names(find(tmp_path).videos) == [name]

"""Links and addresses among inputs: what a search may reach, and what is no path at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.video.test_inputs import below, find, make
from vidfer.errors import UsageError, VideoReadError
from vidfer.video.files import check_file
from vidfer.video.inputs import FoundInputs, InputVideo

pytestmark = pytest.mark.timeout(20)

NOBODY = 65534


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """Return a folder with a video, beside another folder with one."""
    make(tmp_path, "inside/a.mp4", "outside/secret.mp4")
    return tmp_path / "inside"


# Links that a search meets


def test_a_link_to_a_file_elsewhere_is_passed_over_and_counted(inside: Path):
    (inside / "b.mp4").symlink_to(inside.parent / "outside/secret.mp4")
    found = find(inside)
    assert below(found) == ["a.mp4"]
    assert (found.links_out, found.passed_over) == (1, 0)


def test_a_link_to_a_folder_elsewhere_is_passed_over_and_counted(inside: Path):
    (inside / "b").symlink_to(inside.parent / "outside")
    found = find(inside)
    assert below(found) == ["a.mp4"]
    assert found.links_out == 1


def test_a_link_that_leads_out_by_way_of_another_is_passed_over(inside: Path):
    (inside / "b").symlink_to(inside.parent / "outside")
    (inside / "c.mp4").symlink_to(inside / "b/secret.mp4")
    assert below(find(inside)) == ["a.mp4"]


def test_a_link_that_leads_nowhere_outside_is_passed_over(inside: Path):
    (inside / "b.mp4").symlink_to("/no/such/place.mp4")
    assert find(inside).links_out == 1


def test_a_folder_beside_whose_name_only_begins_alike_is_outside(tmp_path: Path):
    make(tmp_path, "in/a.mp4", "inner/b.mp4")
    (tmp_path / "in/b.mp4").symlink_to(tmp_path / "inner/b.mp4")
    assert below(find(tmp_path / "in")) == ["a.mp4"]


def test_a_link_within_the_folder_is_followed(inside: Path):
    make(inside, "deep/b.mp4")
    (inside / "c.mp4").symlink_to("deep/b.mp4")
    found = find(inside)
    assert below(found) == ["a.mp4", "c.mp4", "deep/b.mp4"]
    assert found.links_out == 0


def test_a_link_to_a_folder_within_is_not_searched_twice(inside: Path):
    make(inside, "deep/b.mp4")
    (inside / "again").symlink_to("deep")
    found = find(inside)
    assert below(found) == ["a.mp4", "deep/b.mp4"]
    assert found.links_out == 0


def test_a_link_is_counted_once_however_often_it_is_met(inside: Path):
    (inside / "b.mp4").symlink_to(inside.parent / "outside/secret.mp4")
    assert find(inside, inside).links_out == 1


def test_a_folder_that_is_named_may_be_a_link_itself(inside: Path):
    (inside.parent / "link").symlink_to(inside)
    found = find(inside.parent / "link")
    assert below(found) == ["a.mp4"]
    assert found.links_out == 0


# Links that are named


def test_a_link_that_is_named_is_followed(inside: Path):
    link = inside / "b.mp4"
    link.symlink_to(inside.parent / "outside/secret.mp4")
    assert find(link) == FoundInputs(videos=[InputVideo(path=link, below="b.mp4")], passed_over=0)


def test_a_link_that_a_pattern_names_is_followed(inside: Path):
    (inside / "b.mp4").symlink_to(inside.parent / "outside/secret.mp4")
    assert below(find(f"{inside}/*.mp4")) == ["a.mp4", "b.mp4"]


@pytest.mark.parametrize("pattern", ["**/*.mp4", "**", "**/a.mp4"])
def test_a_pattern_does_not_go_round_in_circles(pattern, inside: Path):
    # Two ways round at each turn: following them to forty links' depth would never end.
    (inside / "one").symlink_to(inside)
    (inside / "two").symlink_to(inside)
    assert below(find(f"{inside}/{pattern}")) == ["a.mp4"]


def test_a_pattern_of_two_stars_alone_means_all_files(tmp_path: Path):
    make(tmp_path, "a.mp4", "x/b.mp4", "x/y/c.mp4")
    assert below(find(f"{tmp_path}/x/**")) == ["b.mp4", "y/c.mp4"]


def test_two_stars_within_a_name_are_one(tmp_path: Path):
    make(tmp_path, "abc.mp4", "x/abc.mp4")
    assert below(find(f"{tmp_path}/a**c.mp4")) == ["abc.mp4"]


def test_stars_match_no_hidden_names_unless_asked(tmp_path: Path):
    make(tmp_path, "a.mp4", ".b.mp4", ".hidden/c.mp4")
    assert below(find(f"{tmp_path}/**/*.mp4")) == ["a.mp4"]
    assert below(find(f"{tmp_path}/.*.mp4")) == [".b.mp4"]


def test_the_target_of_a_loop_of_links_is_an_error_of_reading(inside: Path):
    (inside / "b.mp4").symlink_to("c.mp4")
    (inside / "c.mp4").symlink_to("b.mp4")
    assert below(find(inside)) == ["a.mp4", "b.mp4", "c.mp4"]
    with pytest.raises(VideoReadError, match="links"):
        check_file(inside / "b.mp4")


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/x.mp4",
        "HTTPS://example.org/*.mp4",
        "s3://bucket/x.mp4",
        "rtsp://camera/1",
        "file:///x.mp4",
        "file:x.mp4",
        "concat:a.mp4|b.mp4",
        "subfile,,start,0,end,100,,:x.mp4",
        "data:video/mp4;base64,AAAA",
        "pipe:0",
        "fd:",
        "crypto+file:x.mp4",
        "hls+http://example.org/x",
    ],
)
@pytest.mark.parametrize("kind", [str, Path])
def test_an_address_is_wrong_usage(address, kind):
    with pytest.raises(UsageError, match="is an address") as caught:
        find(kind(address))
    assert str(caught.value).endswith(".")


def test_an_address_is_shown_without_its_secrets():
    with pytest.raises(UsageError) as caught:
        find("https://user:password@example.org/x.mp4?signature=123#456")
    assert "example.org/x.mp4" in str(caught.value)
    assert not any(secret in str(caught.value) for secret in ("user", "password", "123", "456"))


def test_a_long_address_is_shown_on_one_line_in_part():
    with pytest.raises(UsageError) as caught:
        find("data:video/mp4;base64,\n\x1b[31m" + "A" * 5000)
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["a:b.mp4", "concat:a.mp4", "file:x.mp4", "http:x.mp4", "data:,"])
def test_a_file_that_is_named_like_an_address_is_a_file(name, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make(tmp_path, name)
    assert find(name).videos == [InputVideo(path=tmp_path / name, below=name)]


@pytest.mark.parametrize("name", ["a:b.mp4", "C:/x.mp4", "no such file.mp4", "12:30 talk.mp4"])
def test_a_missing_file_with_a_colon_is_no_address(name):
    assert len(find(name).videos) == 1


# Paths that the system itself refuses


@pytest.mark.parametrize("name", ["x" * 5000, "x\0y.mp4", "x/" * 3000], ids=["long", "nul", "deep"])
def test_a_path_that_cannot_be_is_kept_so_that_it_is_reported(name):
    assert len(find(name).videos) == 1


@contextmanager
def without_privileges() -> Iterator[None]:
    """Be somebody for a while who may not read everything."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that everybody may search; pytest's own ones are closed."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_folder_that_may_not_be_searched_is_reported(open_folder: Path):
    make(open_folder, "a.mp4", "closed/b.mp4")
    (open_folder / "closed").chmod(0)
    with without_privileges():
        found = find(open_folder)
        assert below(found) == ["a.mp4", "closed"]
        with pytest.raises(VideoReadError, match="folder cannot be searched"):
            check_file(found.videos[1].path)


def test_an_input_folder_that_may_not_be_searched_is_reported_by_its_name(open_folder: Path):
    make(open_folder, "closed/b.mp4")
    (open_folder / "closed").chmod(0)
    with without_privileges():
        assert below(find(open_folder / "closed")) == ["closed"]


def test_a_file_that_may_not_be_read_is_an_error_of_reading(open_folder: Path):
    path = open_folder / "a.mp4"
    path.write_bytes(b"not empty")
    path.chmod(0)
    with without_privileges(), pytest.raises(VideoReadError, match="Permission denied"):
        check_file(path)

"""What a user's labels are: CSV files and class folders, and what is refused."""

import os

import pytest

from vidfer.errors import DataError, UsageError
from vidfer.field_test.material import read_material


@pytest.fixture
def write_labels(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "labels.csv"
        path.write_text(text, encoding=encoding)
        return path

    return write


def read(data, output=None):
    return read_material(data, output=output).items


def make_files(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_paths_are_absolute_or_below_the_csv_files_folder(write_labels, tmp_path):
    items = read(write_labels("path,emotion\nclips/a.mp4,angry\n/far/b.jpg,sad\n"))
    assert [str(item.path) for item in items] == [f"{tmp_path}/clips/a.mp4", "/far/b.jpg"]
    assert [item.is_picture for item in items] == [False, True]


@pytest.mark.parametrize(
    ("text", "label"),
    [("HAPPY", 3), ("Happiness", 3), (" anger ", 0), ("Surprised", 5), ("0", 0), ("6", 6)],
)
def test_emotions_are_names_in_any_case_synonyms_or_numbers(write_labels, text, label):
    assert read(write_labels(f"path,emotion\na.mp4,{text}\n"))[0].label == label


def test_one_video_may_have_several_labelled_stretches_and_a_source(write_labels):
    text = "source,emotion,end_s,start_s,path,rater\nTV,sad,2.5,,a.mp4,x\nTV,fear,,2.5,a.mp4,y\n"
    first, second = read(write_labels(text))
    assert (first.start_s, first.end_s, first.source) == (None, 2.5, "TV")
    assert (second.start_s, second.end_s) == (2.5, None)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_what_spreadsheet_programs_write_is_read(write_labels, separator):
    lines = [["Path", "Emotion"], ["a, b.mp4", "sad"], []]
    text = "\r\n".join(separator.join(line) for line in lines)
    assert read(write_labels(text, encoding="utf-8-sig"))[0].shown == "a, b.mp4"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("path,emotion\na.mp4,sad\nb.mp4,contempt\n", "Line 3 of .*: 'contempt' is no emotion"),
        ("path,emotion\na.mp4,7\n", "Line 2 .*'7'"),
        ("path,emotion\n,sad\n", "Line 2 .*path is empty"),
        ("path,emotion\na.mp4\n", "Line 2 .*'' is no emotion"),
        ("path,emotion,start_s\na.mp4,sad,soon\n", "Line 2 .*start_s must be seconds.*'soon'"),
        ("path,emotion,end_s\na.mp4,sad,nan\n", "end_s must be seconds"),
        ("path,emotion,start_s,end_s\na.mp4,sad,2,2\n", r"end_s \(2\) must come after start_s"),
        ("path,emotion,end_s\na.png,sad,2\n", "for videos, and this is a picture"),
        ("file,emotion\na.mp4,sad\n", "'path' is missing"),
        ("path,emotion\n", "no lines"),
        ("", "'path' is missing"),
        ('path,emotion\n"a.mp4,sad\n', "as a CSV file"),
    ],
)
def test_a_wrong_label_file_is_refused_with_its_line(write_labels, text, sentence):
    with pytest.raises(DataError, match=sentence):
        read(write_labels(text))


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\x00\x00\x00\x18ftyp\xff\xfe")
    with pytest.raises(DataError, match="as a CSV file"):
        read(path)


def test_class_folders_hold_videos_and_pictures_at_any_depth(tmp_path):
    make_files(tmp_path, "Anger/a.mp4", "Anger/anna/b.JPG", "happy/c.webp", "happy/notes.txt")
    make_files(tmp_path, "happy/.hidden.jpg", ".git/d.jpg")
    material = read_material(tmp_path, output=None)
    assert [(item.shown, item.label) for item in material.items] == [
        ("Anger/a.mp4", 0),
        ("Anger/anna/b.JPG", 0),
        ("happy/c.webp", 3),
    ]
    assert material.passed_over == 1


def test_class_folders_may_lie_below_folders_of_sources(tmp_path):
    make_files(tmp_path, "TV/angry/a.mp4", "phone/sad/b.mp4")
    assert [(item.source, item.label) for item in read(tmp_path)] == [("TV", 0), ("phone", 4)]


def test_a_class_folder_with_another_name_is_refused(tmp_path):
    make_files(tmp_path, "angry/a.mp4", "contempt/b.mp4")
    with pytest.raises(DataError, match="contempt is not named after an emotion"):
        read(tmp_path)


@pytest.mark.parametrize("names", [[], ["angry/notes.txt"], ["a.mp4"]])
def test_a_folder_without_labelled_files_is_refused(tmp_path, names):
    make_files(tmp_path, *names)
    with pytest.raises(DataError, match="holds no videos or pictures in folders named after"):
        read(tmp_path)


def test_data_that_do_not_exist_are_refused(tmp_path):
    with pytest.raises(DataError, match="There is no file or folder"):
        read(tmp_path / "gone")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="There is no file or folder"):
        read(tmp_path / "pipe")


def test_results_beside_the_class_folders_are_not_taken_for_material(tmp_path):
    make_files(tmp_path, "angry/a.mp4", "angry/out/b.jpg", "results/timeline/c.parquet")
    assert len(read(tmp_path, tmp_path / "results")) == 2
    make_files(tmp_path / "other", "sad/a.mp4", "sad/out/pictures/b.jpg")
    assert len(read(tmp_path / "other", tmp_path / "other" / "sad" / "out")) == 1


def test_items_inside_the_output_folder_are_refused(write_labels, tmp_path):
    labels = write_labels("path,emotion\nout/a.mp4,sad\n")
    with pytest.raises(UsageError, match="lies in the output folder"):
        read(labels, tmp_path / "out")

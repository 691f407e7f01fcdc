"""How losses are told from what went into a decoder and what came out, without a file."""

import itertools
import random
from dataclasses import dataclass

import pytest

from vidfer.video.damage import DamageWatch
from vidfer.video.source import DecodeRecord, note_missing_end

MP4, MATROSKA = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"


@dataclass
class FakePacket:
    pts: int | None = None
    dts: int | None = None
    size: int = 1
    is_discard: bool = False
    is_corrupt: bool = False


class Watched:
    """A watch over a video of one frame a second, whose stamps are seconds."""

    def __init__(self, *, container: str = MP4, codec: str = "h264") -> None:
        self.record = DecodeRecord()
        self.watch = DamageWatch(self.record, container=container, codec=codec, frame_s=1.0)

    def packets(self, *stamps: int) -> None:
        for stamp in stamps:
            self.watch.packet(FakePacket(pts=stamp))

    def frames(self, *stamps: int | None) -> list[int | None]:
        """Let frames come out; return the times at which they are shown."""
        shown = []
        for stamp in stamps:
            shown.append(self.watch.stamp(pts=stamp, dts=None))
            self.watch.frame(float(shown[-1] or 0), length_s=1.0)
            self.record.frames_decoded += 1
        return shown

    def is_healthy(self) -> bool:
        return self.record == DecodeRecord(frames_decoded=self.record.frames_decoded)


# Packets and frames


@pytest.mark.parametrize("container", [MP4, MATROSKA])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_packet_that_shows_no_frame_is_a_loss(codec, container):
    watched = Watched(container=container, codec=codec)
    watched.packets(0, 1, 2, 3)
    watched.frames(0, 3)
    assert "after frame 1 (frames cannot be decoded)" in watched.record.fault
    assert watched.record.lost_ranges_s == [(1.0, 3.0)]
    assert watched.record.bad_packets == 0


@pytest.mark.parametrize(
    ("container", "codec"),
    [(MATROSKA, "vp9"), (MATROSKA, "av1"), (MP4, "mpeg4"), ("mpegts", "h264"), ("flv", "h264")],
)
def test_a_packet_that_shows_no_frame_is_none_where_that_is_healthy(container, codec):
    watched = Watched(container=container, codec=codec)
    watched.packets(0, 1, 2, 3)
    watched.frames(0, 3)
    assert watched.watch.end() is None
    assert watched.is_healthy()


def test_frames_that_are_held_back_to_be_put_in_order_are_no_loss():
    watched = Watched()
    watched.packets(0, 4, 2, 1)
    watched.frames(0, 1)
    watched.packets(3)
    watched.frames(2, 3, 4)
    assert watched.watch.end() is None
    assert watched.is_healthy()


@pytest.mark.parametrize(
    "packet",
    [FakePacket(pts=1, is_discard=True), FakePacket(pts=1, size=0), FakePacket()],
    ids=["hidden", "empty", "timeless"],
)
def test_packets_that_need_not_show_a_frame(packet):
    watched = Watched()
    watched.packets(0)
    watched.watch.packet(packet)
    watched.packets(2)
    watched.frames(0, 2)
    assert watched.watch.end() is None
    assert watched.is_healthy()


def test_frames_that_never_come_are_a_loss_at_the_end():
    watched = Watched()
    watched.packets(0, 1, 2, 3)
    watched.frames(0, 1)
    assert watched.watch.end() == 3
    assert "after frame 2" in watched.record.fault


def test_without_one_frame_for_each_packet_the_end_is_lost_only_behind_damage():
    watched = Watched(codec="vp9")
    watched.packets(0, 1, 2)
    watched.watch.refused(FakePacket(pts=1), "Invalid data")
    watched.frames(0)
    assert watched.watch.end() == 2


def test_a_packet_that_is_marked_as_damaged_counts_once_frames_are_missing():
    watched = Watched()
    watched.packets(0)
    watched.frames(0)
    watched.watch.packet(FakePacket(pts=1, is_corrupt=True))
    watched.frames(1)
    assert watched.record.fault is None
    watched.frames(3)
    assert "after frame 2 (frames are missing)" in watched.record.fault


def test_bad_packets_are_counted_and_the_first_place_is_named():
    watched = Watched()
    watched.packets(0)
    watched.frames(0)
    watched.watch.refused(FakePacket(pts=1), "Invalid data")
    watched.watch.bad_packet("Input/output error")
    assert watched.record.bad_packets == 2
    assert watched.record.fault == (
        "The file is damaged after frame 1 (Invalid data); what can be decoded is kept."
    )


def test_a_stamp_is_the_presentation_time_or_else_the_decoding_time():
    watch = Watched().watch
    assert watch.stamp(pts=3, dts=2) == 3
    assert watch.stamp(pts=None, dts=2) == 2
    assert watch.stamp(pts=None, dts=None) is None


# Holes


def test_a_hole_without_damage_is_no_loss():
    watched = Watched()
    watched.packets(0, 10)
    watched.frames(0, 10)
    assert watched.is_healthy()


def test_a_hole_before_damage_is_no_loss():
    watched = Watched()
    watched.frames(0, 10, 11)
    watched.watch.bad_packet("Invalid data")
    watched.frames(14)
    assert watched.record.lost_ranges_s == [(12.0, 14.0)]


@pytest.mark.parametrize(("frames_between", "is_lost"), [(0, True), (31, True), (32, False)])
def test_damage_is_remembered_for_as_many_frames_as_a_decoder_holds_back(frames_between, is_lost):
    watched = Watched()
    watched.watch.bad_packet("Invalid data")
    watched.frames(*range(frames_between), frames_between + 5)
    hole = (float(frames_between), float(frames_between + 5))
    assert watched.record.lost_ranges_s == ([hole] if is_lost else [])


@pytest.mark.parametrize(("hole_s", "is_lost"), [(0.01, False), (0.5, False), (0.6, True)])
def test_a_hole_counts_from_half_a_frame_on(hole_s, is_lost):
    watched = Watched()
    watched.watch.bad_packet("Invalid data")
    watched.frames(0)
    watched.watch.frame(1 + hole_s, length_s=1.0)
    assert watched.record.lost_ranges_s == ([(1.0, 1 + hole_s)] if is_lost else [])


def test_a_frame_that_comes_late_is_not_lost():
    watched = Watched()
    watched.watch.bad_packet("Invalid data")
    watched.frames(0, 5, 3, 6)
    assert watched.record.lost_ranges_s == [(1.0, 3.0), (4.0, 5.0)]
    assert watched.watch.last_end_s == 7.0


def test_the_end_is_that_of_the_frame_that_is_shown_last():
    watch = Watched().watch
    assert watch.last_end_s == 0
    watch.frame(2.0, length_s=5.0)
    watch.frame(3.0, length_s=1.0)
    assert watch.last_end_s == 7.0


# AVI


def avi(*decoding_times: int) -> Watched:
    """Return a watch over AVI, into which packets went with wrong presentation times."""
    watched = Watched(container="avi")
    for dts in decoding_times:
        watched.watch.packet(FakePacket(pts=100 - dts, dts=dts))
    return watched


def test_avi_frames_take_the_packets_times_in_order():
    assert avi(0, 1, 2, 3).frames(100, 97, 98, None) == [0, 1, 2, 3]


def test_avi_frames_do_not_take_the_time_of_a_refused_packet():
    watched = avi(0, 1, 2)
    watched.watch.refused(FakePacket(pts=99, dts=1), "Invalid data")
    assert watched.frames(100, 98) == [0, 2]
    assert watched.record.lost_ranges_s == [(1.0, 2.0)]


def test_avi_frames_without_a_packet_keep_their_own_time():
    assert avi(0).frames(0, 5) == [0, 5]


# The record


def assert_in_order(ranges: list[tuple[float, float]], *, end_s: float) -> None:
    bounds = [0.0, *itertools.chain(*ranges), end_s]
    assert all(start <= end for start, end in itertools.pairwise(bounds))
    assert all(start < end for start, end in ranges)


def test_losses_that_touch_are_one():
    record = DecodeRecord()
    for start_s, end_s in ((1, 2), (2.0005, 3), (4, 6), (4.5, 5)):
        record.add_loss(start_s, end_s)
    assert record.lost_ranges_s == [(1, 3), (4, 6)]


@pytest.mark.parametrize(
    ("back", "left"),
    [
        ((3, 4), [(1, 3), (4, 5), (7, 9)]),
        ((1, 2), [(2, 5), (7, 9)]),
        ((4, 5), [(1, 4), (7, 9)]),
        ((0, 6), [(7, 9)]),
        ((4, 8), [(1, 4), (8, 9)]),
        ((5, 7), [(1, 5), (7, 9)]),
        ((0, 10), []),
        ((1.0005, 4.9995), [(7, 9)]),
    ],
)
def test_what_is_regained_is_cut_out(back, left):
    record = DecodeRecord(lost_ranges_s=[(1, 5), (7, 9)])
    record.regain(*back)
    assert record.lost_ranges_s == left


@pytest.mark.parametrize("seed", range(20))
def test_lost_ranges_stay_in_order_disjoint_and_inside(seed):
    chance = random.Random(seed)
    record = DecodeRecord()
    end_s, lost_s = 0.0, 0.0
    for _ in range(100):
        start_s = end_s + chance.choice((0.0, 0.0005, 0.04, 1.0))
        end_s = start_s + chance.choice((0.04, 0.5, 3.0))
        record.add_loss(start_s, end_s)
        lost_s += end_s - start_s
        if chance.random() < 0.5:
            back_s = chance.uniform(0, end_s)
            record.regain(back_s, back_s + chance.choice((0.0001, 0.04, 2.0)))
        assert_in_order(record.lost_ranges_s, end_s=end_s)
    # Joining adds no more than an instant for each loss.
    assert 0 < sum(end - start for start, end in record.lost_ranges_s) < lost_s + 0.1


@pytest.mark.parametrize("seed", range(20))
def test_frames_in_any_order_behind_damage_are_in_no_lost_range(seed):
    chance = random.Random(seed)
    watched = Watched()
    order = sorted(chance.sample(range(200), 120), key=lambda i: i + chance.choice((0, 0, 0, 9)))
    for i, time_s in enumerate(order):
        # Frames come late only soon after damage.
        if i % 20 == 0:
            watched.watch.bad_packet("Invalid data")
        watched.frames(time_s)
    lost = watched.record.lost_ranges_s
    assert_in_order(lost, end_s=200)
    assert not any(start < time_s + 0.5 < end for start, end in lost for time_s in order)


@pytest.mark.parametrize(
    ("announced_s", "lost"), [(None, []), (5.0, []), (6.0, []), (6.5, [(5.0, 6.5)])]
)
def test_an_end_is_missing_where_the_header_announces_a_second_more(announced_s, lost):
    record = DecodeRecord()
    note_missing_end(record, announced_s=announced_s, last_end_s=5.0)
    assert record.lost_ranges_s == lost
    assert (record.fault is None) == (not lost)
    if lost:
        assert "breaks off at 5.00 s of 6.50 s" in record.fault


def test_a_missing_end_joins_the_loss_before_it():
    record = DecodeRecord(lost_ranges_s=[(3.0, 5.0)])
    note_missing_end(record, announced_s=9.0, last_end_s=3.0)
    assert record.lost_ranges_s == [(3.0, 9.0)]

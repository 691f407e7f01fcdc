"""Networks give every item the same bits in any company; devices and threads behave."""

import subprocess
import sys
import weakref

import pytest
import torch
from facenet_pytorch.models.mtcnn import ONet, RNet
from torch import nn

from vidfer.compute import (
    BLOCK_ITEMS,
    choose_device,
    choose_precision,
    in_blocks,
    in_portions,
    is_out_of_memory,
    torch_threads,
)
from vidfer.emotion.networks import NETWORKS
from vidfer.errors import SettingsError

CPU = torch.device("cpu")
ITEMS = 2 * BLOCK_ITEMS + 5


@pytest.fixture(autouse=True)
def _one_thread(one_torch_thread):
    """Networks give the same bits only with the same number of threads."""


class Joined(nn.Module):
    """A network of the cascade with its outputs side by side, as the detector calls it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        return torch.cat(self.network(items), dim=1)


def emotion_network(name: str) -> nn.Module:
    torch.manual_seed(0)
    return NETWORKS[name]()


SUBJECTS = {
    "RNet": (lambda: Joined(RNet()), (3, 24, 24)),
    "ONet": (lambda: Joined(ONet()), (3, 48, 48)),
    **{name: (lambda name=name: emotion_network(name), (1, 48, 48)) for name in NETWORKS},
}


@pytest.fixture(params=SUBJECTS)
def subject(request) -> tuple[nn.Module, torch.Tensor]:
    """A real network, channels last, with more items than fit two blocks."""
    make, shape = SUBJECTS[request.param]
    network = make().eval().to(memory_format=torch.channels_last)
    generator = torch.Generator().manual_seed(1)
    items = torch.randn(ITEMS, *shape, generator=generator)
    return network, items.contiguous(memory_format=torch.channels_last)


def outputs_of(network: nn.Module, items: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return in_blocks(network, items.contiguous(memory_format=torch.channels_last))


@pytest.mark.parametrize("count", [1, 2, 7, BLOCK_ITEMS, BLOCK_ITEMS + 1, 2 * BLOCK_ITEMS])
def test_an_item_has_the_same_bits_whatever_their_number(subject, count):
    network, items = subject
    assert torch.equal(outputs_of(network, items[:count]), outputs_of(network, items)[:count])


def test_an_item_has_the_same_bits_in_any_order(subject):
    network, items = subject
    order = torch.randperm(ITEMS, generator=torch.Generator().manual_seed(2))
    assert torch.equal(outputs_of(network, items[order]), outputs_of(network, items)[order])


def test_an_item_has_the_same_bits_beside_others_of_any_size(subject):
    network, items = subject
    loud = torch.cat([items[:1], 1000 * items[1:BLOCK_ITEMS]])
    assert torch.equal(outputs_of(network, loud)[0], outputs_of(network, items)[0])


def test_outputs_are_those_of_the_network(subject):
    network, items = subject
    with torch.inference_mode():
        expected = network(items)
    torch.testing.assert_close(outputs_of(network, items), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("count", [1, 3, 4, 5, 9])
def test_the_network_always_sees_a_whole_block(count):
    seen = []

    def doubled(items: torch.Tensor) -> torch.Tensor:
        seen.append(len(items))
        return items * 2

    items = torch.arange(count, dtype=torch.float32)[:, None]
    assert torch.equal(in_blocks(doubled, items, block_items=4), items * 2)
    assert seen == [4] * -(-count // 4)


def test_items_are_left_as_they_are():
    items = torch.ones(3, 2)
    in_blocks(lambda portion: portion * 0, items)
    assert torch.equal(items, torch.ones(3, 2))


class Cramped:
    """A network on a device that holds so many items at once; notes how many it was given."""

    def __init__(self, network, *, most: int, error: Exception | None = None) -> None:
        self.seen: list[int] = []
        self._network, self._most = network, most
        self._error = error or torch.OutOfMemoryError("CUDA out of memory.")

    def __call__(self, items: torch.Tensor) -> torch.Tensor:
        self.seen.append(len(items))
        if len(items) > self._most:
            raise self._error
        return self._network(items)


@pytest.mark.parametrize("most", [8, 4, 1])
def test_where_memory_runs_out_blocks_are_halved_and_outputs_stay(most, subject):
    network, items = subject
    cramped = Cramped(network, most=most)
    torch.testing.assert_close(
        outputs_of(cramped, items), outputs_of(network, items), rtol=1e-4, atol=1e-5
    )
    assert cramped.seen[:3] == [BLOCK_ITEMS, BLOCK_ITEMS, BLOCK_ITEMS // 2]


def test_memory_that_is_short_only_once_changes_no_bit(subject):
    network, items = subject
    ends = iter([torch.OutOfMemoryError("CUDA out of memory.")])

    def short_once(block: torch.Tensor) -> torch.Tensor:
        for error in ends:
            raise error
        return network(block)

    assert torch.equal(outputs_of(short_once, items), outputs_of(network, items))


def test_memory_that_does_not_suffice_for_one_item_is_an_error():
    cramped = Cramped(lambda items: items, most=0)
    with pytest.raises(MemoryError, match="single item"):
        in_blocks(cramped, torch.ones(3, 2), block_items=4)
    assert cramped.seen == [4, 4, 2, 2, 1, 1]


def test_other_errors_are_not_taken_for_a_lack_of_memory():
    cramped = Cramped(lambda items: items, most=0, error=RuntimeError("size mismatch"))
    with pytest.raises(RuntimeError, match="size mismatch"):
        in_blocks(cramped, torch.ones(3, 2))
    assert cramped.seen == [BLOCK_ITEMS]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 9])
def test_portions_cover_all_items_in_order(count):
    parts = in_portions(lambda i, j: [*range(i, j)], count, most=4)
    assert [item for part in parts for item in part] == [*range(count)]
    assert all(len(part) == 4 for part in parts[:-1])


def test_portions_are_halved_until_they_fit_and_stay_so():
    asked = []

    def work(start: int, stop: int) -> int:
        asked.append((start, stop))
        if stop - start > 2:
            raise MemoryError
        return stop

    assert in_portions(work, 9, most=5) == [2, 4, 6, 8, 9]
    assert asked == [(0, 5)] * 2 + [(0, 3)] * 2 + [(0, 2), (2, 4), (4, 6), (6, 8), (8, 9)]


def test_what_a_failed_attempt_computed_is_gone_when_the_next_one_begins():
    left = []

    def work(start: int, stop: int) -> int:
        assert all(reference() is None for reference in left)
        large = torch.ones(stop - start)
        left.append(weakref.ref(large))
        if stop - start > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return stop

    assert in_portions(work, 2, most=2) == [1, 2]


def test_torchs_own_words_for_too_little_memory_are_understood():
    with pytest.raises(RuntimeError) as error:
        torch.empty(10**15)
    assert is_out_of_memory(error.value)
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not is_out_of_memory(ValueError("DefaultCPUAllocator: can't allocate memory"))


@pytest.mark.parametrize("count", [1, 2])
def test_threads_are_set_inside_the_block_and_restored_after_it(count):
    with torch_threads(count):
        assert torch.get_num_threads() == count
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize("count", [0, -1])
def test_no_threads_are_refused(count):
    refusal = f"threads must be at least 1; got {count}"
    with pytest.raises(SettingsError, match=refusal), torch_threads(count):
        pass
    assert torch.get_num_threads() == 1


def test_threads_are_restored_after_an_error():
    with pytest.raises(KeyError), torch_threads(2):
        raise KeyError
    assert torch.get_num_threads() == 1


def test_blocks_of_threads_can_be_nested():
    with torch_threads(2):
        with torch_threads(1):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2


def test_auto_is_the_gpu_where_there_is_one():
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert choose_device("auto") == torch.device(expected)


def test_the_processor_can_be_named():
    assert choose_device("cpu") == CPU


@pytest.mark.parametrize(
    "name", ["", "gpu", "tpu9000", "cpu:x", "cuda:99", "cuda:-1", "cuda:1:2", "auto ", "CPU", "xla"]
)
def test_a_device_that_does_not_exist_is_refused_by_name(name):
    with pytest.raises(SettingsError) as refusal:
        choose_device(name)
    assert f"'{name}'" in str(refusal.value)
    assert "use 'auto', 'cpu' or 'cuda'" in str(refusal.value)


def test_a_device_that_computes_nothing_is_refused():
    with pytest.raises(SettingsError, match="'meta'"):
        choose_device("meta")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_precision_that_is_named_is_taken_on_any_device(precision):
    for device in (CPU, torch.device("cuda"), torch.device("mps")):
        assert choose_precision(precision, device) == precision


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_auto_is_float32_on_a_gpu(kind):
    assert choose_precision("auto", torch.device(kind)) == "float32"


@pytest.mark.parametrize("native", [True, False])
def test_auto_is_bfloat16_only_on_processors_that_have_it(native, monkeypatch):
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: native, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False, raising=False)
    assert choose_precision("auto", CPU) == ("bfloat16" if native else "float32")


def test_auto_is_float32_where_torch_does_not_say_what_the_processor_has(monkeypatch):
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    assert choose_precision("auto", CPU) == "float32"


def test_an_unknown_precision_is_refused_by_name():
    refusal = "precision must be one of auto, float32, bfloat16; got 'half'"
    with pytest.raises(SettingsError, match=refusal):
        choose_precision("half", CPU)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts pages as Linux does")
def test_memory_that_is_freed_is_used_again():
    script = (
        "import numpy, resource; from vidfer.compute import keep_freed_memory\n"
        "def faults():\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "    for _ in range(20): numpy.ones((10 + _, 2**20), dtype=numpy.uint8)\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before\n"
        "keep_freed_memory(); faults(); print(faults())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True
    )
    assert int(done.stdout) < 1000  # 20 arrays of 10 MB and more have 2500 pages each

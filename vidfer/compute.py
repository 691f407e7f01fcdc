"""Where and how networks run: device, precision, threads, memory, fixed blocks."""

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar, get_args

import torch

from vidfer.errors import SettingsError
from vidfer.precision import Precision, PrecisionChoice

Result = TypeVar("Result")

# The last bits of a matrix product depend on the number of its rows. Every network is
# therefore called with exactly this many items, the last portion filled up with zeros,
# so that a face gets the same numbers in any company. 16 is as fast per item as larger
# portions on one core (channels-last) and wastes little where few faces are in sight.
BLOCK_ITEMS: Final = 16

# glibc's M_MMAP_THRESHOLD, M_TRIM_THRESHOLD and M_TOP_PAD (malloc.h): blocks up to 32 MiB, its
# upper limit, come from the heap; the heap shrinks above 512 MiB and grows by 64 MiB.
_KEEP_FREED_MEMORY: Final = ((-3, 32 * 2**20), (-1, 512 * 2**20), (-2, 64 * 2**20))

# What is raised when the processor's or the GPU's memory does not suffice.
OUT_OF_MEMORY: Final = (MemoryError, torch.OutOfMemoryError)

# How torch says the same in errors that have no type of their own.
_OUT_OF_MEMORY_WORDS: Final = (
    "DefaultCPUAllocator: can't allocate memory",
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)

# Kinds of devices that compute; torch knows others, such as "meta", which only pretends to.
_DEVICE_KINDS: Final = ("cpu", "cuda", "mps")


def choose_device(name: str) -> torch.device:
    """Return the device that `name` means; `auto` is the first GPU, or the CPU.

    Raises:
        SettingsError: the device does not exist on this machine.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    refusal = SettingsError(
        f"The device '{name}' is not available here: use 'auto', 'cpu' or 'cuda'."
    )
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise refusal from error
    if device.type not in _DEVICE_KINDS:
        raise refusal
    return device


def choose_precision(name: PrecisionChoice, device: torch.device) -> Precision:
    """Return the precision that `name` means on `device`.

    `auto` is bfloat16 on processors that compute in it (AVX512-BF16, AMX) and float32
    everywhere else: emulated, bfloat16 is slower, and on GPUs we have not measured it.

    Raises:
        SettingsError: there is no such precision.
    """
    if name not in get_args(PrecisionChoice):
        raise SettingsError(
            f"precision must be one of {', '.join(get_args(PrecisionChoice))}; got {name!r}."
        )
    if name != "auto":
        return name
    return "bfloat16" if device.type == "cpu" and _computes_in_bfloat16() else "float32"


def _computes_in_bfloat16() -> bool:
    # torch's names for these are not public: where one is missing, nothing is claimed.
    native = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return torch.backends.mkldnn.is_available() and any(
        bool(getattr(torch.cpu, name, bool)()) for name in native
    )


def gpu_names() -> list[str]:
    """Return the names of the GPUs that torch can use."""
    if not torch.cuda.is_available():
        return []
    return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Run torch's operators on `count` threads inside the block.

    More than one thread spins while it waits; beside another busy process that made
    the detector ten to twenty times slower. Processes scale better than threads.

    Raises:
        SettingsError: `count` is below 1.
    """
    if count < 1:
        raise SettingsError(f"threads must be at least 1; got {count}.")
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def one_torch_thread() -> None:
    """Let this thread run torch's operators alone, for threads that compute side by side."""
    torch.set_num_threads(1)


def keep_freed_memory() -> None:
    """Let the C library keep up to half a gigabyte that is freed, for the rest of the process.

    Networks allocate and free the same megabytes for every batch. By default glibc hands
    them back to the system each time and fetches them anew, page by page, which took up to
    half of the time of the cascade's networks. Elsewhere than on glibc this does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        for option, value in _KEEP_FREED_MEMORY:
            mallopt(option, value)


def in_blocks(
    network: Callable[[torch.Tensor], torch.Tensor],
    items: torch.Tensor,
    *,
    block_items: int = BLOCK_ITEMS,
) -> torch.Tensor:
    """Apply `network` to `items` (N, ...) in portions of exactly `block_items`.

    Returns (N, ...), row i for item i, the same bits whatever N and whatever the
    other items are (on one machine and device). `items` must not be empty.

    Where memory does not suffice for a block it is halved, which may change last digits:
    better than no result at all. Callers keep blocks small enough for that to be rare.

    Raises:
        MemoryError: it does not suffice for one item, either.
    """
    outputs: list[torch.Tensor] = []
    for start in range(0, len(items), block_items):
        block = items[start : start + block_items]
        missing = block_items - len(block)
        if missing:
            padding = block.new_zeros((missing, *block.shape[1:]))
            block = torch.cat([block, padding])
        outputs += _in_memory(network, block)
    return torch.cat(outputs)[: len(items)]


def _in_memory(
    network: Callable[[torch.Tensor], torch.Tensor], block: torch.Tensor
) -> list[torch.Tensor]:
    """Apply a network to a block, at once where memory suffices for that."""
    return in_portions(lambda i, j: network(block[i:j]), len(block), most=len(block))


def in_portions(work: Callable[[int, int], Result], count: int, *, most: int) -> list[Result]:
    """Call `work(start, stop)` for portions of at most `most` of `count` items, in order.

    Where memory runs out, what torch keeps of it is given back and the portion is tried once
    more; then it, and those after it, are halved. Of a work whose results do not depend on
    how items are divided, nobody sees that. `work` may be called twice for an item.

    Raises:
        MemoryError: it does not suffice for one item.
    """
    results: list[Result] = []
    start = 0
    while start < count:
        stop = min(start + most, count)
        done = _tried_twice(work, start, stop)
        if done:
            results += done
            start = stop
        elif stop - start == 1:
            raise MemoryError("Memory does not suffice for a single item.")
        else:
            most = (stop - start + 1) // 2
    return results


def _tried_twice(work: Callable[[int, int], Result], start: int, stop: int) -> list[Result]:
    """Return a work's result; nothing where memory ran out both times."""
    for _ in range(2):
        try:
            return [work(start, stop)]
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        # Not in the handler: the error's traceback holds on to what was computed until then.
        torch.cuda.empty_cache()
    return []


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that the processor's or the GPU's memory did not suffice."""
    if isinstance(error, OUT_OF_MEMORY):
        return True
    return isinstance(error, RuntimeError) and any(
        words in str(error) for words in _OUT_OF_MEMORY_WORDS
    )

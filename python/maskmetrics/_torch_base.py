"""What MeanAveragePrecision is built on: torchmetrics' Metric where it is installed, else what is needed of it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch

try:
    from torchmetrics import Metric
except ImportError:

    def _squeezed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: _squeezed(each) for key, each in value.items()}
        return value.squeeze() if isinstance(value, torch.Tensor) and value.numel() == 1 else value

    class Metric(torch.nn.Module):  # type: ignore[no-redef]
        """Caches what compute() returns, and synchronises processes around it."""

        full_state_update: bool | None = None

        def __init__(
            self,
            *,
            compute_on_cpu: bool = False,
            dist_sync_on_step: bool = False,
            process_group: Any = None,
            dist_sync_fn: Callable | None = None,
            distributed_available_fn: Callable[[], bool] | None = None,
            sync_on_compute: bool = True,
            compute_with_cache: bool = True,
        ) -> None:
            super().__init__()
            del compute_on_cpu, dist_sync_fn
            self.dist_sync_on_step, self.process_group = dist_sync_on_step, process_group
            self.sync_on_compute, self.compute_with_cache = sync_on_compute, compute_with_cache
            self._available = distributed_available_fn or _is_distributed
            self._update_count = 0
            self._computed: Any = None
            self._is_synced = False
            self._wrap()

        def _wrap(self) -> None:
            # As attributes of the object, so that subclasses define the plain functions.
            self.update = functools.wraps(type(self).update)(functools.partial(self._counted_update))  # type: ignore[method-assign]
            self.compute = functools.wraps(type(self).compute)(functools.partial(self._cached_compute))  # type: ignore[method-assign]

        def _counted_update(self, *args: Any, **kwargs: Any) -> None:
            self._computed = None
            self._update_count += 1
            type(self).update(self, *args, **kwargs)

        def _cached_compute(self) -> Any:
            if self._computed is not None:
                return self._computed
            with self.sync_context():
                value = _squeezed(type(self).compute(self))
            if self.compute_with_cache:
                self._computed = value
            return value

        @contextlib.contextmanager
        def sync_context(self, should_sync: bool | None = None) -> Iterator[None]:
            if self.sync_on_compute if should_sync is None else should_sync:
                self.sync()
            yield
            if self._is_synced:
                self.unsync()

        def sync(self, process_group: Any = None, **_: Any) -> None:
            if not self._is_synced and self._available():
                self._sync_dist(process_group=process_group or self.process_group)
                self._is_synced = True

        def unsync(self, should_unsync: bool = True) -> None:
            self._is_synced = self._is_synced and not should_unsync

        def reset(self) -> None:
            self._update_count, self._computed, self._is_synced = 0, None, False

        @property
        def update_count(self) -> int:
            return self._update_count

        def __getstate__(self) -> dict:
            return {key: value for key, value in self.__dict__.items() if key not in ("update", "compute")}

        def __setstate__(self, state: dict) -> None:
            self.__dict__.update(state)
            self._wrap()


def _is_distributed() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def place_among_processes(process_group: Any) -> tuple[int, int]:
    """Rank and number of processes; (0, 1) where there is one."""
    if not _is_distributed():
        return 0, 1
    return torch.distributed.get_rank(process_group), torch.distributed.get_world_size(process_group)


def gather_bytes(data: bytes, process_group: Any) -> list[bytes]:
    """The bytes of every process, by rank; with gloo through host memory, with NCCL through the current GPU's."""
    group = process_group or torch.distributed.group.WORLD
    on_gpu = torch.distributed.get_backend(group) == "nccl"
    device = torch.device("cuda", torch.cuda.current_device()) if on_gpu else torch.device("cpu")
    world = torch.distributed.get_world_size(group)
    own = torch.frombuffer(bytearray(data), dtype=torch.uint8).to(device) if data else torch.empty(0, dtype=torch.uint8)
    length = torch.tensor([own.numel()], dtype=torch.int64, device=device)
    lengths = [torch.zeros_like(length) for _ in range(world)]
    torch.distributed.all_gather(lengths, length, group=group)
    longest = max(int(each) for each in lengths)
    padded = torch.zeros(longest, dtype=torch.uint8, device=device)
    padded[: own.numel()] = own.to(device)
    received = [torch.zeros_like(padded) for _ in range(world)]
    torch.distributed.all_gather(received, padded, group=group)
    return [bytes(each[: int(n)].cpu().numpy()) for each, n in zip(received, lengths, strict=True)]


def current(device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Makes a GPU torch's current one: torch hands out tensors of no other. Does nothing for the CPU."""
    return torch.cuda.device(device) if device.type == "cuda" else contextlib.nullcontext()


def allocator_of(device: torch.device) -> tuple[Callable[[int, int], int], Callable[[int], None]]:
    """torch's caching allocator of a GPU, for device memory that the core takes."""
    # stream 1 is how CUDA names the default stream; torch names it 0.
    return (
        lambda size, stream: torch.cuda.caching_allocator_alloc(size, device, 0 if stream == 1 else stream),
        torch.cuda.caching_allocator_delete,
    )


def stream_of(device: torch.device) -> int:
    """Handle of torch's current stream, as the core takes it."""
    return torch.cuda.current_stream(device).cuda_stream or 1

"""What MeanAveragePrecision is built on: torchmetrics' Metric where it is installed, else what is needed of it."""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor

from .errors import MissingPackageError

try:
    from torchmetrics import Metric
    from torchmetrics.utilities.distributed import gather_all_tensors
except ImportError:
    gather_all_tensors = None

    def _squeezed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: _squeezed(each) for key, each in value.items()}
        return value.squeeze() if isinstance(value, Tensor) and value.numel() == 1 else value

    class Metric(torch.nn.Module):  # type: ignore[no-redef]
        """Counts updates, caches what compute() returns, and synchronizes processes around it."""

        __jit_unused_properties__: ClassVar[list[str]] = ["metric_state", "update_count", "update_called"]
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
            del compute_on_cpu
            self.dist_sync_on_step, self.process_group, self.dist_sync_fn = (
                dist_sync_on_step,
                process_group,
                dist_sync_fn,
            )
            self.sync_on_compute, self.compute_with_cache = sync_on_compute, compute_with_cache
            self.distributed_available_fn = distributed_available_fn or _is_distributed
            self._to_sync, self._should_unsync, self._is_synced = sync_on_compute, True, False
            self._update_count, self._computed, self._cache = 0, None, None
            self._defaults: dict[str, Any] = {}
            self._persistent: dict[str, bool] = {}
            self._reductions: dict[str, Any] = {}
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
            with self.sync_context(self.dist_sync_fn, should_sync=self._to_sync, should_unsync=self._should_unsync):
                value = _squeezed(type(self).compute(self))
            if self.compute_with_cache:
                self._computed = value
            return value

        def add_state(self, name: str, default: Any, dist_reduce_fx: Any = None, persistent: bool = False) -> None:
            setattr(self, name, copy.deepcopy(default))
            self._defaults[name], self._reductions[name], self._persistent[name] = default, dist_reduce_fx, persistent

        @property
        def metric_state(self) -> dict[str, Any]:
            return {name: getattr(self, name) for name in self._defaults}

        def _copy_state_dict(self) -> dict[str, Any]:
            return copy.deepcopy(self.metric_state)

        def _restore(self, states: dict[str, Any]) -> None:
            for name, value in states.items():
                setattr(self, name, value)

        @torch.jit.unused
        def forward(self, *args: Any, **kwargs: Any) -> Any:
            if self._is_synced:
                raise RuntimeError("the metric is synchronized: call unsync() before the next batch")
            self.update(*args, **kwargs)
            states, count = self._copy_state_dict(), self._update_count
            self._to_sync, self._should_unsync = self.dist_sync_on_step, False
            try:
                self.reset()
                self.update(*args, **kwargs)
                return self.compute()
            finally:
                self._restore(states)
                self._update_count, self._computed, self._is_synced = count, None, False
                self._to_sync, self._should_unsync = self.sync_on_compute, True

        @contextlib.contextmanager
        def sync_context(
            self,
            dist_sync_fn: Any = None,
            process_group: Any = None,
            should_sync: bool = True,
            should_unsync: bool = True,
        ) -> Iterator[None]:
            self.sync(dist_sync_fn, process_group, should_sync)
            yield
            self.unsync(self._is_synced and should_unsync)

        def sync(self, dist_sync_fn: Any = None, process_group: Any = None, should_sync: bool = True) -> None:
            if should_sync and not self._is_synced and self.distributed_available_fn():
                self._cache = self._copy_state_dict()
                self._sync_dist(dist_sync_fn, process_group)
                self._is_synced = True

        def _sync_dist(self, dist_sync_fn: Any = None, process_group: Any = None) -> None:
            if self._reductions:
                raise MissingPackageError(
                    "MeanAveragePrecision",
                    f"state {next(iter(self._reductions))!r}",
                    "pip install torchmetrics: only it synchronizes states of subclasses",
                )

        def unsync(self, should_unsync: bool = True) -> None:
            if should_unsync and self._is_synced:
                self._restore(self._cache)
                self._is_synced, self._cache = False, None

        def _apply(self, fn: Callable, exclude_state: Any = ()) -> torch.nn.Module:
            del exclude_state
            return super()._apply(fn)

        def reset(self) -> None:
            self._update_count, self._computed, self._is_synced, self._cache = 0, None, False, None
            self._restore(copy.deepcopy(self._defaults))

        def clone(self) -> Metric:
            return copy.deepcopy(self)

        def persistent(self, mode: bool = False) -> None:
            self._persistent = dict.fromkeys(self._persistent, mode)

        def state_dict(self, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]:
            destination = super().state_dict(destination=destination, prefix=prefix, keep_vars=keep_vars)
            for name in (each for each, saved in self._persistent.items() if saved):
                destination[prefix + name] = copy.deepcopy(getattr(self, name))
            return destination

        def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: Any, **kwargs: Any) -> None:
            self._restore(
                {name: state_dict.pop(prefix + name) for name in self._defaults if prefix + name in state_dict}
            )
            super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

        @property
        def update_count(self) -> int:
            return self._update_count

        @property
        def update_called(self) -> bool:
            return self._update_count > 0

        def __getstate__(self) -> dict:
            return {key: value for key, value in self.__dict__.items() if key not in ("update", "compute")}

        def __setstate__(self, state: dict) -> None:
            self.__dict__.update(state)
            self._wrap()


def _is_distributed() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def gather_bytes(data: bytes, process_group: Any, dist_sync_fn: Callable | None) -> list[bytes]:
    """The bytes of every process, by rank.

    Args:
        dist_sync_fn: of the user's, which takes a tensor and gives a list of tensors; None or torchmetrics' own: gloo
            gathers through host memory, NCCL through the current GPU's
    """
    own = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    if dist_sync_fn is not None and dist_sync_fn is not gather_all_tensors:
        return [bytes(each.cpu().numpy()) for each in dist_sync_fn(own, group=process_group)]
    group = process_group or torch.distributed.group.WORLD
    on_gpu = torch.distributed.get_backend(group) == "nccl"
    device = torch.device("cuda", torch.cuda.current_device()) if on_gpu else torch.device("cpu")
    length = torch.tensor([own.numel()], dtype=torch.int64, device=device)
    lengths = [torch.zeros_like(length) for _ in range(torch.distributed.get_world_size(group))]
    torch.distributed.all_gather(lengths, length, group=group)
    padded = torch.zeros(max(int(each) for each in lengths), dtype=torch.uint8, device=device)
    padded[: own.numel()] = own.to(device)
    received = [torch.zeros_like(padded) for _ in lengths]
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

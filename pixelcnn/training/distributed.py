"""Data-parallel training by several processes, started by `torchrun`.

Each rank takes a shard of every batch, and PyTorch's DistributedDataParallel sums the gradients,
so that all ranks take the same step. Rank 0 alone reads and writes the run's directory, evaluates,
samples, and obeys pause and stop; before each step the other ranks wait for its broadcast.

Without `torchrun` the group has one process, and nothing here does anything.

Source: Li et al. 2020, "PyTorch Distributed", for how gradients are exchanged.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed as dist, nn

from pixelcnn.errors import ConfigError, RunError

_VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_MEETING_S = 120.0
# The other ranks wait this long while rank 0 evaluates or is paused.
_PAUSE = timedelta(days=365)
_OVER = 1.0


class ProcessGroup:
    """The processes of one training, as seen by one of them.

    Attributes:
        rank: of this process, from 0.
        size: number of processes.
    """

    def __init__(
        self, rank: int = 0, size: int = 1, messages: dist.ProcessGroup | None = None
    ) -> None:
        """`messages` is the group for broadcasts in main memory."""
        self.rank = rank
        self.size = size
        self._messages = messages
        self._briefed = False
        self._between_steps = False

    @property
    def is_main(self) -> bool:
        """Whether this is rank 0, which writes, evaluates and obeys requests."""
        return self.rank == 0

    def broadcast(self, value: Any) -> Any:
        """Rank 0's `thing`, such as the configuration, on every rank.

        Raises:
            RunError: another process is gone.
        """
        self._briefed = True
        if self.size == 1:
            return value
        objects = [value]
        with explained():
            dist.broadcast_object_list(objects, src=0, group=self._messages)
        return objects[0]

    def shard(self, count: int) -> slice:
        """The part of a batch of `count` images for this rank; parts differ by one image at most.

        Raises:
            ConfigError: there are fewer images than processes.
        """
        if count < self.size:
            raise ConfigError(
                f"A batch of {count} images is too small for {self.size} processes. Raise "
                "batch_size, or start fewer processes."
            )
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def wrapped(self, model: nn.Module, device: torch.device) -> nn.Module:
        """Wrap the model so that `backward` averages the gradients of all ranks.

        All ranks start from the weights of rank 0.

        Raises:
            ConfigError: this device does not support several processes.
            RunError: another process is gone.
        """
        if self.size == 1:
            return model
        _check_device(device)
        # Kernels of 1 x 1: their two memory layouts differ in name only.
        warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
        with explained(), warnings.catch_warnings():
            # Buffers are constants here. Older PyTorch does not know the option's new name.
            warnings.simplefilter("ignore", FutureWarning)
            wrapped = nn.parallel.DistributedDataParallel(model, broadcast_buffers=False)
        self._between_steps = True
        return wrapped

    def begin_step(self, progress: float) -> float:
        """Wait for rank 0's progress: the share of the budget used up; 1 ends the training.

        Raises:
            RunError: another process is gone.
        """
        self._between_steps = False
        if self.size == 1:
            return progress
        word = torch.tensor([progress], dtype=torch.float64)
        with explained():
            dist.broadcast(word, src=0, group=self._messages)
        return word.item()

    def end_step(self) -> None:
        """Mark that the other ranks are blocked until rank 0 broadcasts."""
        self._between_steps = True

    def total(self, value: Tensor) -> Tensor:
        """The sum of a tensor over all ranks.

        Raises:
            RunError: another process is gone.
        """
        if self.size == 1:
            return value
        value = value.detach().clone()
        with explained():
            dist.all_reduce(value)
        return value

    def release(self) -> None:
        """Let ranks that still wait for a broadcast end."""
        if self.size == 1 or not self.is_main:
            return
        with suppress(RunError):  # gone already
            if not self._briefed:
                self.broadcast(None)
            elif self._between_steps:
                self.begin_step(_OVER)


SINGLE_PROCESS = ProcessGroup()


@contextmanager
def process_group() -> Iterator[ProcessGroup]:
    """Join the processes that `torchrun` started; a group of one without it.

    Raises:
        ConfigError: the address to meet at is missing, or a process did not come.
    """
    size = os.environ.get("WORLD_SIZE", "1")
    if size == "1":
        yield SINGLE_PROCESS
        return
    missing = [name for name in _VARIABLES if not os.environ.get(name)]
    if missing or not size.isdigit():
        raise ConfigError(
            f"WORLD_SIZE = {size} announces several processes, but "
            f"{', '.join(missing) or 'it'} is missing or wrong. Start them with torchrun."
        )
    if torch.cuda.is_available():
        torch.cuda.set_device(_local("RANK", 0) % torch.cuda.device_count())
    _meet()
    messages = dist.new_group(backend="gloo", timeout=_PAUSE)
    group = ProcessGroup(dist.get_rank(), dist.get_world_size(), messages)
    try:
        yield group
    finally:
        group.release()
        with suppress(RuntimeError):
            dist.destroy_process_group()


def _meet() -> None:
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    try:
        dist.init_process_group(backend, timeout=timedelta(seconds=_MEETING_S))
    except (RuntimeError, ValueError) as error:
        where = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        raise ConfigError(
            f"Not all of {os.environ['WORLD_SIZE']} processes connected to {where} within "
            f"{_MEETING_S:.0f} s: {_first_sentence(error)}. Start them with torchrun, one on each "
            "machine, all with the same --nnodes and --rdzv-endpoint."
        ) from error


def local_world_size() -> int:
    """Number of ranks on this machine; 1 without `torchrun`."""
    return max(1, _local("WORLD_SIZE", 1))


@contextmanager
def explained() -> Iterator[None]:
    """Turn the loss of another process into a `RunError`.

    Raises:
        RunError: another process is gone.
    """
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, dist.DistError) and "gloo" not in str(error):
            raise
        raise RunError(
            "Another process of this training ended or cannot be reached, so all of them end. "
            f"Resume the run to continue from the last saved step. ({_first_sentence(error)})"
        ) from error


def _check_device(device: torch.device) -> None:
    if device.type == "mps":
        raise ConfigError("device = 'mps' works with one process only; use device = 'cpu'.")
    cards = torch.cuda.device_count()
    if device.type == "cuda" and local_world_size() > cards:
        raise ConfigError(
            f"{local_world_size()} processes cannot share {cards} graphics "
            f"card{'s' if cards > 1 else ''}. Start torchrun with --nproc-per-node={cards}."
        )


def _local(name: str, default: int) -> int:
    """A local variable of `torchrun`, such as LOCAL_RANK."""
    return int(os.environ.get(f"LOCAL_{name}", default))


def _first_sentence(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].partition(". ")[0]

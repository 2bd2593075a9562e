"""Several processes that train one model together, started by `torchrun`.

Each takes its share of every batch, and PyTorch's DistributedDataParallel adds up the gradients,
so all of them take the same step. The first process leads: it alone reads and writes the run's
directory, scores, draws, and is asked to pause or stop. The others follow: before each step they
wait for its word.

A process that was started without `torchrun` is a group of one, and all this does nothing for it.

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
# The others wait this long while the first one scores, or stands still because it was paused.
_PAUSE = timedelta(days=365)
_OVER = 1.0


class ProcessGroup:
    """The processes of one training, as one of them sees it.

    Attributes:
        rank: the number of this process, from 0.
        size: how many there are.
    """

    def __init__(
        self, rank: int = 0, size: int = 1, messages: dist.ProcessGroup | None = None
    ) -> None:
        """`messages` is the group in which the first one gives its word, over main memory."""
        self.rank = rank
        self.size = size
        self._messages = messages
        self._briefed = False
        self._between_steps = False

    @property
    def is_main(self) -> bool:
        """Whether this is the process that writes, scores and is asked to stop."""
        return self.rank == 0

    def broadcast(self, thing: Any) -> Any:
        """What the first process has in its hands, such as the configuration, for everybody.

        Raises:
            RunError: a process is gone.
        """
        self._briefed = True
        if self.size == 1:
            return thing
        things = [thing]
        with explained():
            dist.broadcast_object_list(things, src=0, group=self._messages)
        return things[0]

    def shard(self, count: int) -> slice:
        """Which of the `count` images of a batch are this process's: equal shares, or nearly so.

        Raises:
            ConfigError: there are fewer images than processes.
        """
        if count < self.size:
            raise ConfigError(
                f"batches of {count} cannot be shared by {self.size} processes; "
                "give each at least one image (batch_size), or start fewer processes."
            )
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def wrapped(self, model: nn.Module, device: torch.device) -> nn.Module:
        """The model, so that `backward` averages the gradients of all processes.

        All begin with the weights of the first.

        Raises:
            ConfigError: this device cannot be used together with others.
            RunError: a process is gone.
        """
        if self.size == 1:
            return model
        _check_device(device)
        # Of 1 x 1 kernels, whose two layouts in memory are the same but for their name.
        warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
        with explained(), warnings.catch_warnings():
            # Buffers are constants in this lab. The option's new name is unknown to older PyTorch.
            warnings.simplefilter("ignore", FutureWarning)
            wrapped = nn.parallel.DistributedDataParallel(model, broadcast_buffers=False)
        self._between_steps = True
        return wrapped

    def begin_step(self, progress: float) -> float:
        """Wait for the word of the first process: its share of the budget used up; 1 is the end.

        Raises:
            RunError: a process is gone.
        """
        self._between_steps = False
        if self.size == 1:
            return progress
        word = torch.tensor([progress], dtype=torch.float64)
        with explained():
            dist.broadcast(word, src=0, group=self._messages)
        return word.item()

    def end_step(self) -> None:
        """Note that the others now wait for the first process's word."""
        self._between_steps = True

    def total(self, value: Tensor) -> Tensor:
        """The sum of all processes' values, which may have any shape.

        Raises:
            RunError: a process is gone.
        """
        if self.size == 1:
            return value
        value = value.detach().clone()
        with explained():
            dist.all_reduce(value)
        return value

    def release(self) -> None:
        """Let those go home who wait for a word of the first process."""
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
    """Meet the other processes that `torchrun` started; outside of it, a group of one.

    Raises:
        ConfigError: it is not known where to meet, or somebody is missing there.
    """
    size = os.environ.get("WORLD_SIZE", "1")
    if size == "1":
        yield SINGLE_PROCESS
        return
    missing = [name for name in _VARIABLES if not os.environ.get(name)]
    if missing or not size.isdigit():
        raise ConfigError(
            f"WORLD_SIZE = {size} says that several processes train together, but "
            f"{', '.join(missing) or 'this'} is no help in finding them; start them with torchrun."
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
            f"Not all of {os.environ['WORLD_SIZE']} processes were at {where} within "
            f"{_MEETING_S:.0f} s: {_first_sentence(error)}. Start them with torchrun, one on each "
            "machine, all with the same --nnodes and --rdzv-endpoint."
        ) from error


def local_world_size() -> int:
    """How many processes of the group share this machine; 1 outside of `torchrun`."""
    return max(1, _local("WORLD_SIZE", 1))


@contextmanager
def explained() -> Iterator[None]:
    """Inside, it is said in words when another process of the group is gone.

    Raises:
        RunError: it is.
    """
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, dist.DistError) and "gloo" not in str(error):
            raise
        raise RunError(
            "Another process of this training ended or cannot be reached, so all of them end. "
            f"Resume the run to go on from the last saved step. ({_first_sentence(error)})"
        ) from error


def _check_device(device: torch.device) -> None:
    if device.type == "mps":
        raise ConfigError("device = 'mps' cannot be shared by processes; use device = 'cpu'.")
    cards = torch.cuda.device_count()
    if device.type == "cuda" and local_world_size() > cards:
        raise ConfigError(
            f"There are {local_world_size()} processes on this machine and {cards} graphics "
            f"card{'s' if cards > 1 else ''}; start torchrun with --nproc-per-node={cards}."
        )


def _local(name: str, default: int) -> int:
    """A number that `torchrun` tells about this machine."""
    return int(os.environ.get(f"LOCAL_{name}", default))


def _first_sentence(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].partition(". ")[0]

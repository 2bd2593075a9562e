"""What somebody's code runs in: its own folder, its own modules, no output among ours."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from pixelcnn.auditing.place import Place
from pixelcnn.data._torchvision import import_torchvision

_OURS = "pixelcnn"


class Guarded:
    """Lets somebody's code run as if it were the only project here.

    Their folder comes first in the path. A file of theirs that bears the name of a package loaded
    here, our own above all, is theirs to import, also inside a function. What they print goes to
    standard error, and their script sees no options of ours.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._theirs: dict[str, ModuleType] = {}
        names = place.siblings() - set(sys.stdlib_module_names) - {"torch", "numpy", "torchvision"}
        self._shadowed = {name for name in names if self._is_other(name)}
        self.absent: list[str] = []

    def _is_other(self, name: str) -> bool:
        known = sys.modules.get(name)
        if known is None:
            return name == _OURS
        file = getattr(known, "__file__", None)
        if file is None:
            return False
        inside = Path(file).resolve()
        return not any(
            inside.is_relative_to(folder)
            for folder in {self._place.root, self._place.path.resolve().parent}
        )

    @contextmanager
    def __call__(self) -> Iterator[None]:
        folders = [str(self._place.path.resolve().parent), str(self._place.root)]
        ours = {name: sys.modules.pop(name) for name in list(sys.modules) if self._shadows(name)}
        sys.modules.update(self._theirs)
        path, argv, leave = list(sys.path), sys.argv, os._exit
        sys.path[:0] = list(dict.fromkeys(folders))
        sys.argv = [str(self._place.path)]
        os._exit = _leave  # type: ignore[assignment]
        stand_ins = _StandIns(self.absent)
        sys.meta_path.append(stand_ins)
        try:
            with redirect_stdout(sys.stderr), _on_the_cpu():
                yield
        finally:
            sys.meta_path.remove(stand_ins)
            sys.path[:], sys.argv = path, argv
            os._exit = leave
            self._theirs = {
                name: sys.modules.pop(name) for name in list(sys.modules) if self._shadows(name)
            }
            sys.modules.update(ours)

    def _shadows(self, name: str) -> bool:
        return name.partition(".")[0] in self._shadowed

    def forgives(self, error: BaseException) -> bool:
        """Make room for what an import has asked for; returns whether to try again."""
        if isinstance(error, RuntimeError) and "operator torchvision::" in str(error):
            return "torchvision" not in self.absent and _declare_torchvision()
        if not isinstance(error, ImportError):
            return False
        top = (error.name or "").partition(".")[0]
        if top == _OURS and _OURS not in self._shadowed:
            self._shadowed.add(_OURS)  # they mean a file of their own by it
            return True
        if isinstance(error, ModuleNotFoundError) and top and top not in self.absent:
            if top == _OURS or (Path(self._place.root) / top).exists():
                return False
            self.absent.append(top)
            return True
        return False


class _OnTheCPU(TorchFunctionMode):
    """Takes every CUDA device for the CPU, for files that name one without asking for it."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.Tensor.cuda:
            return args[0]
        return func(*map(_cpu, args), **{key: _cpu(one) for key, one in (kwargs or {}).items()})


def _on_the_cpu() -> AbstractContextManager[Any]:
    return nullcontext() if torch.cuda.is_available() else _OnTheCPU()


def _cpu(value: Any) -> Any:
    is_cuda = (isinstance(value, str) and value.partition(":")[0] == "cuda") or (
        isinstance(value, torch.device) and value.type == "cuda"
    )
    return "cpu" if is_cuda else value


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Packages that are not installed, for files that import more than the network needs."""

    def __init__(self, absent: list[str]) -> None:
        self._absent = absent

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        """Found last, where no package of this name is installed."""
        if name.partition(".")[0] not in self._absent:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """A module that has every name, and none that works."""
        return _Absent(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


class _Absent(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        top = self.__name__.partition(".")[0]

        class NotInstalled:
            """Can be derived from and named, but not used."""

            def __init__(self, *_: Any, **__: Any) -> None:
                raise ModuleNotFoundError(f"No module named {top!r}, which this needs", name=None)

        NotInstalled.__name__ = name
        return NotInstalled


def _declare_torchvision() -> bool:
    before = "torchvision" in sys.modules
    import_torchvision()
    return not before


def _leave(status: int) -> None:
    raise SystemExit(status)

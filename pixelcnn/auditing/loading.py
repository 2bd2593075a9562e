"""Loads somebody's network from a file or a module: `FILE.py:NAME`, `PACKAGE.MODULE:NAME`.

To load it is to run its code. Where that is a script, with a training at its end, only what the
network needs is run: imports, and the definitions that it is made of.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import os
import sys
import traceback
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from pixelcnn.auditing.running import Guard
from pixelcnn.data._torchvision import import_torchvision
from pixelcnn.errors import ConfigError, LabError

_OURS = "pixelcnn"
_LIBRARY = str(Path(__file__).resolve().parents[1])


@dataclass(frozen=True, eq=False)
class Loaded:
    """A network from somebody's code.

    Attributes:
        name: as it was asked for.
        path: the file that it stands in.
        network: the module, or the function.
        make: makes it anew; None if it was there ready-made.
        guard: what its code has to run in: its own folder, its own modules, no output among ours.
        notes: what of the file was left out.
    """

    name: str
    path: Path
    network: Any
    make: Callable[[], Any] | None
    guard: Guard
    notes: tuple[str, ...] = ()


def names_code(text: str) -> bool:
    """Whether a command line's argument names something in a Python file or module."""
    path, colon, name = text.rpartition(":")
    if text.endswith(".py") or bool(colon and path.endswith(".py")):
        return True
    parts = path.split(".")
    return (
        bool(colon)
        and name.isidentifier()
        and all(part.isidentifier() for part in parts)
        and (len(path) > 1)
    )


def load(text: str, arguments: Mapping[str, Any] | None = None) -> Loaded:
    """Load a network. **This runs the code in the file.**

    Args:
        text: `FILE.py:NAME` or `PACKAGE.MODULE:NAME`: a module, its class, a function that makes
            one, or a function of images.
        arguments: that the class or function is made with.

    Raises:
        ConfigError: what cannot be loaded or made, and why, with the file and the line.
    """
    file, colon, name = text.rpartition(":")
    if not colon or text.endswith(".py"):
        raise ConfigError(f"{text}: say which network, such as {text}:MyNet.")
    place = _Place.find(file)
    os.environ.setdefault("KERAS_BACKEND", "torch")  # the one that can be followed
    given = dict(arguments or {})
    notes: list[str] = []
    guard = _Guard(place)
    module = _imported(place, name, notes, guard)
    made = _attribute(place.path, module, name, guard)
    make: Callable[[], Any] | None = None
    if _is_maker(made, given):
        _check_arguments(place.path, name, made, given)

        def build() -> Any:
            return _forgiving(lambda: made(**given), place.path, f"{name}() cannot be made", guard)

        make = build
        made = build()
    if not isinstance(made, nn.Module) and not callable(made):
        raise ConfigError(
            f"{place.path}: {name} is no network; name an nn.Module, a function that makes one, or "
            "a function of images."
        )
    if guard.absent:
        notes.append(f"Not installed, and not needed so far: {', '.join(guard.absent)}.")
    return Loaded(name, place.path, made, make, guard, tuple(notes))


# ---------------------------------------------------------------- where it is


@dataclass(frozen=True, eq=False)
class _Place:
    """A file, the name that it is imported by, and the folder that this name starts from."""

    path: Path
    dotted: str
    root: Path
    packaged: bool

    @classmethod
    def find(cls, text: str) -> _Place:
        if not text.endswith(".py"):
            return cls._of_module(text)
        path = Path(text)
        if not path.is_file():
            raise ConfigError(f"{text}: there is no such file.")
        folder = path.resolve().parent
        parts = [path.stem] if path.stem != "__init__" else []
        while (folder / "__init__.py").is_file():
            parts.insert(0, folder.name)
            folder = folder.parent
        if len(parts) == 1 and _imports_relatively(path):  # a package without an __init__.py
            parts.insert(0, folder.name)
            folder = folder.parent
        packaged = len(parts) > 1 or path.stem == "__init__"
        dotted = ".".join(parts) if packaged else f"handed_in_{path.stem}"
        return cls(path, dotted, folder, packaged)

    @classmethod
    def _of_module(cls, dotted: str) -> _Place:
        relative = Path(*dotted.split("."))
        for root in (Path.cwd(), *map(Path, sys.path)):
            for path in (root / relative.with_suffix(".py"), root / relative / "__init__.py"):
                if path.is_file():
                    return cls(path, dotted, root.resolve(), True)
        raise ConfigError(
            f"{dotted}: there is no such module in this folder, nor in Python's path."
        )

    def siblings(self) -> set[str]:
        """Names that can be imported from the folders that this file imports from."""
        folders = {self.root, self.path.resolve().parent}
        return {
            entry.stem
            for folder in folders
            for entry in folder.iterdir()
            if entry.suffix == ".py" or (entry.is_dir() and any(entry.glob("*.py")))
        }


def _imports_relatively(path: Path) -> bool:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError):
        return False
    return any(isinstance(node, ast.ImportFrom) and node.level > 0 for node in ast.walk(tree))


# ---------------------------------------------------------------- running somebody's code


class _Guard:
    """Lets somebody's code run as if it were the only project here.

    Their folder comes first in the path. A file of theirs that bears the name of a package loaded
    here, our own above all, is theirs to import, also inside a function. What they print goes to
    standard error, and their script sees no options of ours.
    """

    def __init__(self, place: _Place) -> None:
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


def _imported(place: _Place, name: str, notes: list[str], guard: _Guard) -> ModuleType:
    def work() -> ModuleType:
        try:
            source = place.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"it cannot be read ({error})") from error
        tree = ast.parse(source, str(place.path))
        if _is_script(tree):
            needed = _needed(tree, name)
            if needed is not None:
                notes[:] = [
                    "This file does work when it is imported (a training, say); only what "
                    f"{name} needs was run."
                ]
                return _run_definitions(place, needed)
        return _import_whole(place)

    return _forgiving(work, place.path, "it cannot be imported", guard)


def _forgiving(work: Callable[[], Any], path: Path, what: str, guard: _Guard) -> Any:
    """Somebody's code; once more where an import can be made to work.

    A package that is not installed is stood in for: files import more than their network needs.
    """
    while True:
        try:
            with guard():
                return work()
        except LabError as error:
            raise ConfigError(f"{path}: {error}") from error
        except (Exception, SystemExit) as error:
            if not guard.forgives(error):
                raise ConfigError(f"{path}: {what}: {told(error, path)}") from error


def _import_whole(place: _Place) -> ModuleType:
    if place.packaged:
        return importlib.import_module(place.dotted)
    spec = importlib.util.spec_from_file_location(place.dotted, place.path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module


# ---------------------------------------------------------------- scripts

_QUIET = ("sys.path", "os.environ", "torch.set", "torch.manual_seed", "warnings", "np.random.seed")


def _is_script(tree: ast.Module) -> bool:
    """Whether a file does more than to define: loops, calls, files opened at its top level."""
    for statement in tree.body:
        if isinstance(statement, ast.For | ast.While | ast.With):
            return True
        calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            if not _is_quiet(statement):
                return True
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and any(
            ast.unparse(call.func).endswith(("parse_args", "DataLoader", "load_dataset", "MNIST"))
            for call in calls
        ):
            return True
    return False


def _is_quiet(statement: ast.stmt) -> bool:
    """Whether it is a call that only prepares, such as `sys.path.append(...)`."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and ast.unparse(statement.value.func).startswith(_QUIET)
    )


def _needed(tree: ast.Module, name: str) -> list[ast.stmt] | None:
    """The statements that define a name and all that it uses; None if it is not defined here."""
    defined: dict[str, list[int]] = {}
    for index, statement in enumerate(tree.body):
        for one in _defines(statement):
            defined.setdefault(one, []).append(index)
    if name not in defined:
        return None
    wanted, chosen = [name], set()
    while wanted:
        for index in defined.get(wanted.pop(), []):
            if index in chosen:
                continue
            chosen.add(index)
            statement = tree.body[index]
            wanted += [n.id for n in ast.walk(statement) if isinstance(n, ast.Name)]
    return [
        statement
        for index, statement in enumerate(tree.body)
        if index in chosen
        or isinstance(statement, ast.Import | ast.ImportFrom)
        or _is_quiet(statement)
    ]


def _defines(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.For | ast.While | ast.With):
        return set()
    if isinstance(statement, ast.Expr):  # `parser.add_argument(...)` belongs to `parser`
        root: ast.AST = statement.value
        while isinstance(root, ast.Call | ast.Attribute):
            root = root.func if isinstance(root, ast.Call) else root.value
        return {root.id} if isinstance(root, ast.Name) else set()
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _run_definitions(place: _Place, statements: list[ast.stmt]) -> ModuleType:
    name = place.dotted
    if place.packaged and "." in name:
        importlib.import_module(name.rpartition(".")[0])
    module = types.ModuleType(name)
    module.__file__ = str(place.path)
    module.__package__ = name.rpartition(".")[0]
    sys.modules[name] = module
    for statement in statements:
        code = compile(ast.Module([statement], []), str(place.path), "exec")
        try:
            exec(code, vars(module))
        except ImportError:
            raise
        except Exception:
            if isinstance(statement, ast.Expr):
                continue  # such as weights that lie on another machine
            raise
    return module


# ---------------------------------------------------------------- what is named


def _attribute(path: Path, module: ModuleType, name: str, guard: _Guard) -> Any:
    if not hasattr(module, name):
        found = [key for key, one in vars(module).items() if _makes_modules(one, module)]
        there = f" It has {', '.join(found)}." if found else ""
        absent = f" Not installed: {', '.join(guard.absent)}." if guard.absent else ""
        raise ConfigError(f"{path}: there is nothing called {name!r} in it.{there}{absent}")
    return getattr(module, name)


def _is_maker(made: Any, given: Mapping[str, Any]) -> bool:
    """Whether it makes a network, and is none: a class, or a function without arguments."""
    if isinstance(made, nn.Module) or not callable(made):
        return False
    if inspect.isclass(made) or given:
        return True
    try:
        parameters = inspect.signature(made).parameters.values()
    except ValueError:
        return True
    positional = [
        one
        for one in parameters
        if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD, one.VAR_POSITIONAL)
    ]
    return not any(one.default is one.empty for one in positional)


def _makes_modules(one: object, module: ModuleType) -> bool:
    """Whether it is a network's class, written in this very module."""
    return inspect.isclass(one) and issubclass(one, nn.Module) and one.__module__ == module.__name__


def _check_arguments(path: Path, name: str, made: Any, given: Mapping[str, Any]) -> None:
    try:
        parameters = inspect.signature(made).parameters
    except ValueError:  # built in: it has no signature to look at
        return
    free = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    unknown = [key for key in given if key not in parameters]
    if unknown and not free:
        raise ConfigError(
            f"{path}: {name} takes no argument {unknown[0]!r}; it takes {', '.join(parameters)}."
        )
    wanted = [
        key
        for key, one in parameters.items()
        if one.default is one.empty
        and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
        and key not in given
    ]
    if wanted:
        example = " ".join(f"{key}=..." for key in wanted)
        raise ConfigError(
            f"{path}: {name} needs arguments ({', '.join(wanted)}). Give them with --set "
            f"{example}, or name a function without arguments that makes the network."
        )


# ---------------------------------------------------------------- errors


def told(error: BaseException, path: Path) -> str:
    """What happened and where, such as "NameError: ... (line 3)." or "... (nets.py, line 3)."."""
    name = type(error).__name__
    says = str(error).splitlines()
    message = f"{name}{': ' + says[0] if says else ''}"
    where = _where(error)
    if where is None:
        return f"{message}."
    file, line = where
    same = Path(file).resolve() == path.resolve()
    at = f"line {line}" if same else f"{_short(file, path)}, line {line}"
    return f"{message} ({at})."


def _where(error: BaseException) -> tuple[str, int] | None:
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return error.filename, error.lineno
    theirs = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(("<", _LIBRARY, sys.prefix, sys.base_prefix))
        and "site-packages" not in frame.filename
    ]
    if not theirs or theirs[-1].lineno is None:
        return None
    return theirs[-1].filename, theirs[-1].lineno


def _short(file: str, path: Path) -> str:
    try:
        return str(Path(file).resolve().relative_to(path.resolve().parent))
    except ValueError:
        return file

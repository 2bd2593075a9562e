"""Loads somebody's network from a file or a module: `FILE.py:NAME`, `PACKAGE.MODULE:NAME`.

To load it is to run its code. Where that is a script, with a training at its end, only what the
network needs is run: imports, and the definitions that it is made of.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from pixelcnn.auditing.errors import told
from pixelcnn.auditing.guard import Guarded
from pixelcnn.auditing.place import Place
from pixelcnn.auditing.running import Guard
from pixelcnn.auditing.scripts import is_script, statements_for
from pixelcnn.errors import ConfigError, LabError


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
    place = Place.find(file)
    os.environ.setdefault("KERAS_BACKEND", "torch")  # the one that can be followed
    given = dict(arguments or {})
    notes: list[str] = []
    guard = Guarded(place)
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


def _imported(place: Place, name: str, notes: list[str], guard: Guarded) -> ModuleType:
    def work() -> ModuleType:
        try:
            source = place.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"it cannot be read ({error})") from error
        tree = ast.parse(source, str(place.path))
        if is_script(tree):
            wanted = statements_for(tree, name)
            if wanted is not None:
                notes[:] = [
                    "This file does work when it is imported (a training, say); only what "
                    f"{name} needs was run."
                ]
                return _run_definitions(place, wanted)
        return _import_whole(place)

    return _forgiving(work, place.path, "it cannot be imported", guard)


def _forgiving(work: Callable[[], Any], path: Path, what: str, guard: Guarded) -> Any:
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


def _import_whole(place: Place) -> ModuleType:
    if place.packaged:
        return importlib.import_module(place.dotted)
    spec = importlib.util.spec_from_file_location(place.dotted, place.path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module


def _run_definitions(place: Place, statements: list[ast.stmt]) -> ModuleType:
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


def _attribute(path: Path, module: ModuleType, name: str, guard: Guarded) -> Any:
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

"""Where somebody's network stands: its file, and the name that the file is imported by."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

from pixelcnn.errors import ConfigError


@dataclass(frozen=True, eq=False)
class Place:
    """A file, the name that it is imported by, and the folder that this name starts from."""

    path: Path
    dotted: str
    root: Path
    packaged: bool

    @classmethod
    def find(cls, text: str) -> Place:
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
    def _of_module(cls, dotted: str) -> Place:
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

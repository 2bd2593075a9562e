"""`python -m pixelcnn wheelhouse`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro


@dataclass(frozen=True)
class Wheelhouse:
    """Download all packages into a folder, from which a machine without a network installs them.

    Example: python -m pixelcnn wheelhouse wheels

    Attributes:
        folder: for the packages; what it holds already is not downloaded again.
        index: the address of a further index, such as PyTorch's for its CPU build.
        platform: of the other machine, if it is of another kind, such as win_amd64.
        python: version of Python on the other machine, such as 3.12.
    """

    folder: tyro.conf.Positional[Path]
    index: str = ""
    platform: tuple[str, ...] = ()
    python: str = ""

    def run(self) -> int:
        """Download; returns the exit status."""
        from pixelcnn.system.wheelhouse import NOTE, fill, needed_packages

        count = fill(
            self.folder,
            needed_packages(),
            index=self.index,
            platforms=self.platform,
            python=self.python,
        )
        print(
            f"{self.folder} holds {count} packages. {self.folder / NOTE} says how to install them."
        )
        return 0

"""The film of the first page, drawn in advance by a shipped model so that it shows at once.

`python -m pixelcnn.film.opening` draws it again, which is needed when that model's weights change.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from pixelcnn.errors import LabError
from pixelcnn.film.film import Film, draw_film, read_film
from pixelcnn.system.shipped import CHECKPOINTS

OPENING = CHECKPOINTS / "opening.npz"
COMMAND = "python -m pixelcnn.film.opening"


def read_opening() -> Film:
    """The film of the first page. Raises as `pixelcnn.film.read_film` does."""
    return read_film(OPENING)


@dataclass(frozen=True)
class Opening:
    """Draw the film of the first page with a shipped model.

    Attributes:
        checkpoint: the name of a shipped checkpoint.
        n: number of digits; a model with classes draws them in turn.
        seed: of the random numbers.
        output: the `.npz` to write.
    """

    checkpoint: str = "mnist-threshold-gated"
    n: int = 16
    seed: int = 0
    output: Path = OPENING

    def draw(self) -> Film:
        """The film; its `about` has the checkpoint and the command."""
        from pixelcnn.checkpoints.files import find_checkpoint, load_checkpoint

        model, _ = load_checkpoint(find_checkpoint(self.checkpoint))
        command = f"{COMMAND} --checkpoint {self.checkpoint} --n {self.n} --seed {self.seed}"
        about = {"checkpoint": self.checkpoint, "command": command}
        return draw_film(model, self.n, seed=self.seed, engine="torch", about=about)


def main() -> int:
    """Draw and write; returns the exit status."""
    import tyro  # only the command needs it, and the first page must not wait for it

    from pixelcnn.system.output import check_writable

    options = tyro.cli(Opening, prog=COMMAND)
    try:
        check_writable(options.output, (".npz",))
        film = options.draw()
        options.output.write_bytes(film.to_npz())
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{options.n} digits written to {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

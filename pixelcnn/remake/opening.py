"""The film of the first page, drawn by a shipped model so that nobody waits for it."""

from pixelcnn.checkpoints.files import find_checkpoint, load_checkpoint
from pixelcnn.film.film import Film, draw_film
from pixelcnn.remake.card import command


def draw_opening(checkpoint: str, n: int, seed: int) -> Film:
    """`n` digits, their labels in turn; `about` tells the checkpoint and the command."""
    model, _ = load_checkpoint(find_checkpoint(checkpoint))
    made_by = command("opening", checkpoint=checkpoint, n=n, seed=seed)
    about = {"checkpoint": checkpoint, "command": made_by}
    return draw_film(model, n, seed=seed, engine="torch", about=about)

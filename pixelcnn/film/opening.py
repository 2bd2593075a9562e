"""The film of the first page, drawn in advance by a shipped model so that it shows at once.

`python -m pixelcnn remake opening` draws it again, which is needed when that model's weights
change.
"""

from pixelcnn.film.film import Film, read_film
from pixelcnn.system.shipped import OPENING


def read_opening() -> Film:
    """The film of the first page. Raises as `pixelcnn.film.read_film` does."""
    return read_film(OPENING)

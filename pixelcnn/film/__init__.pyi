from .film import (
    Film as Film,
    draw_film as draw_film,
    film_of as film_of,
    join as join,
    read_film as read_film,
)

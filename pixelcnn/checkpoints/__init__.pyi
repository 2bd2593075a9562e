from .files import (
    Shipped as Shipped,
    find_checkpoint as find_checkpoint,
    load_checkpoint as load_checkpoint,
    read_card as read_card,
    read_header as read_header,
    save_checkpoint as save_checkpoint,
    shipped as shipped,
)
from .header import (
    Card as Card,
    Header as Header,
)

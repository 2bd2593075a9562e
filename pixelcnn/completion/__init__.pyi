from .completions import (
    Completions as Completions,
    complete as complete,
)
from .observed import (
    GivenPart as GivenPart,
    Reader as Reader,
    read_given as read_given,
)

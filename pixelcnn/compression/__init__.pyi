from .codec import (
    Codec as Codec,
    Decoded as Decoded,
    compress as compress,
    decompress as decompress,
)
from .form import (
    Form as Form,
    Labels as Labels,
)

from .dataset import (
    DataSet as DataSet,
    Split as Split,
)
from .levels import (
    BINARIZATIONS as BINARIZATIONS,
    MAX_LEVELS as MAX_LEVELS,
    dequantize as dequantize,
    quantize as quantize,
    resize as resize,
)
from .names import (
    OWN as OWN,
)
from .own import (
    keep_own as keep_own,
    pack_own as pack_own,
)
from .registry import (
    Description as Description,
    data_names as data_names,
    describe as describe,
    load_data as load_data,
)

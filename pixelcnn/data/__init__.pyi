from .dataset import (
    DataSet as DataSet,
)
from .dataset import (
    Split as Split,
)
from .levels import (
    BINARIZATIONS as BINARIZATIONS,
)
from .levels import (
    MAX_LEVELS as MAX_LEVELS,
)
from .levels import (
    dequantize as dequantize,
)
from .levels import (
    quantize as quantize,
)
from .levels import (
    resize as resize,
)
from .loading import (
    Description as Description,
)
from .loading import (
    data_names as data_names,
)
from .loading import (
    describe as describe,
)
from .loading import (
    load_data as load_data,
)
from .own import (
    keep_own as keep_own,
)
from .own import (
    pack_own as pack_own,
)
from .uploads import (
    OwnImages as OwnImages,
)
from .uploads import (
    read_uploads as read_uploads,
)

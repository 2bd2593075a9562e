from .drawing import (
    paint as paint,
)
from .drawing import (
    sample as sample,
)
from .engines import (
    Engine as Engine,
)
from .engines import (
    TellingEngine as TellingEngine,
)
from .engines import (
    engine_names as engine_names,
)
from .engines import (
    make_engine as make_engine,
)
from .engines import (
    warm_up as warm_up,
)
from .request import (
    SamplingCancelled as SamplingCancelled,
)
from .trace import (
    Trace as Trace,
)
from .trace import (
    trace_of as trace_of,
)

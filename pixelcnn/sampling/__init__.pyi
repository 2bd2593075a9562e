from .drawing import (
    paint as paint,
    sample as sample,
)
from .engines import (
    Engine as Engine,
    TracingEngine as TracingEngine,
    engine_names as engine_names,
    make_engine as make_engine,
    warm_up as warm_up,
)
from .request import (
    SamplingCancelled as SamplingCancelled,
)
from .trace import (
    Trace as Trace,
    trace_of as trace_of,
)

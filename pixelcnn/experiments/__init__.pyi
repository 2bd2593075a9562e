from .catalogue import (
    EXPERIMENTS as EXPERIMENTS,
    find_experiment as find_experiment,
)
from .definition import (
    Experiment as Experiment,
    Reported as Reported,
    Variant as Variant,
)
from .results import (
    COMMITTED as COMMITTED,
    Result as Result,
    committed as committed,
    read_results as read_results,
)
from .running import (
    run_experiment as run_experiment,
)
from .summary import (
    conclusion as conclusion,
    differences as differences,
    summarise as summarise,
)

from .catalogue import (
    EXPERIMENTS as EXPERIMENTS,
)
from .catalogue import (
    find_experiment as find_experiment,
)
from .definition import (
    Experiment as Experiment,
)
from .definition import (
    Reported as Reported,
)
from .definition import (
    Variant as Variant,
)
from .results import (
    COMMITTED as COMMITTED,
)
from .results import (
    Result as Result,
)
from .results import (
    committed as committed,
)
from .results import (
    read_results as read_results,
)
from .running import (
    run_experiment as run_experiment,
)
from .summary import (
    conclusion as conclusion,
)
from .summary import (
    differences as differences,
)
from .summary import (
    summarise as summarise,
)

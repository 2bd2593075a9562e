from .config import (
    TrainConfig as TrainConfig,
)
from .events import (
    Evaluated as Evaluated,
    Event as Event,
    Sampled as Sampled,
    Saved as Saved,
    Step as Step,
    TrainingDiverged as TrainingDiverged,
)
from .state import (
    TrainingState as TrainingState,
)
from .trainer import (
    Trainer as Trainer,
    train as train,
)

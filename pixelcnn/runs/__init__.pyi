from .directory import (
    Run as Run,
)
from .resume import (
    prepare_resume as prepare_resume,
    resume_run as resume_run,
)
from .status import (
    RunStatus as RunStatus,
)
from .store import (
    Starter as Starter,
    create_run as create_run,
    find_run as find_run,
    launch as launch,
    list_runs as list_runs,
    runs_root as runs_root,
    start_run as start_run,
)

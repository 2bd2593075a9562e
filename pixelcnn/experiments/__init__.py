"""What mattered? Small trainings that differ in one thing, repeated over seeds, and their summary.

    from pixelcnn.experiments import EXPERIMENTS, committed, conclusion

    experiment = EXPERIMENTS["layer_norm"]
    print(conclusion(experiment, committed(experiment)))

`definition` says what an experiment is, `catalogue` lists them, `running` trains, `results` keeps
what was found, `summary` draws the conclusion, and `live` repeats one for somebody who watches.
"""

from pixelcnn.experiments.catalogue import EXPERIMENTS, find_experiment
from pixelcnn.experiments.definition import Experiment, Reported, Variant
from pixelcnn.experiments.results import COMMITTED, Result, committed, read_results
from pixelcnn.experiments.running import run_experiment
from pixelcnn.experiments.summary import conclusion, differences, summarise

__all__ = [
    "COMMITTED",
    "EXPERIMENTS",
    "Experiment",
    "Reported",
    "Result",
    "Variant",
    "committed",
    "conclusion",
    "differences",
    "find_experiment",
    "read_results",
    "run_experiment",
    "summarise",
]

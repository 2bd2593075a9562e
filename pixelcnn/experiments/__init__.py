"""What matters? Small trainings that differ in one thing, repeated over seeds, and their summary.

    from pixelcnn.experiments import EXPERIMENTS, committed, conclusion

    experiment = EXPERIMENTS["layer_norm"]
    print(conclusion(experiment, committed(experiment)))

`definition` defines an experiment, `catalogue` lists them, `running` trains, `results` stores the
results, `summary` draws the conclusion, and `live` repeats one while the user watches.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

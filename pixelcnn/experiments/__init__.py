"""What mattered? Small trainings that differ in one thing, repeated over seeds, and their summary.

    from pixelcnn.experiments import EXPERIMENTS, committed, conclusion

    experiment = EXPERIMENTS["layer_norm"]
    print(conclusion(experiment, committed(experiment)))

`definition` says what an experiment is, `catalogue` lists them, `running` trains, `results` keeps
what was found, `summary` draws the conclusion, and `live` repeats one for somebody who watches.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

from .perturbation import (
    perturbation_leaks as perturbation_leaks,
    perturbation_relation as perturbation_relation,
    spot_check as spot_check,
)
from .reach import (
    AuditReport as AuditReport,
    audit as audit,
    legal_relation as legal_relation,
    receptive_field as receptive_field,
)

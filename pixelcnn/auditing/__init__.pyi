from .door import (
    audit as audit,
    audit_code as audit_code,
)
from .report import (
    Culprit as Culprit,
    Kernel as Kernel,
    NetworkReport as NetworkReport,
)

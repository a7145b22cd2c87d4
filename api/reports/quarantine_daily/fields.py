"""What a quarantine site reports each day, in the order of the plan (6420/KH-SYT, III.3)."""

from api.reports.facility_days.spec import Field, Spec
from hub.reported import QuarantineDay
from hub.reported_codes import ENTERED, SAMPLED

QUARANTINE = Spec(
    report="quarantine-daily",
    kind="quarantine",
    daily=QuarantineDay,
    fields=(
        Field("in_care", stock=True),
        Field("entered"),
        *(Field(code, "entered") for code in ENTERED),
        *(Field(code, "sampled") for code in SAMPLED),
        Field("f1_to_f0"),
        Field("last_f0", people=False, dated=True),
        Field("left_hospital"),
        Field("left_completed"),
    ),
    inside="in_care",
    came=("entered",),
    left=("left_hospital", "left_completed"),
    wholes=("entered",),
)

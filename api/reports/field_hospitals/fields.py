"""What a field hospital reports each day (plan 6420/KH-SYT, IV.3; the Ministry's report at cdc.kcb.vn)."""

from api.reports.facility_days.spec import Field, Spec
from hub.reported import BedStatus

FIELD_HOSPITALS = Spec(
    report="field-hospitals",
    kind="field-hospital",
    daily=BedStatus,
    fields=(
        Field("beds", stock=True, people=False),
        Field("in_treatment", stock=True),
        Field("admitted"),
        Field("discharged"),
        Field("transferred"),
        Field("died"),
    ),
    inside="in_treatment",
    came=("admitted",),
    left=("discharged", "transferred", "died"),
    wholes=("in_treatment",),
)

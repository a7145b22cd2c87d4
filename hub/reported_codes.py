"""Codes of the figures that facilities report day by day (plan 6420/KH-SYT, III.3 and IV.3).

The plan leaves its list open: rows that people configured (``report.rows.v1``) add codes under a group.
"""

from typing import Final

ENTERED: Final = ("workers", "children", "pregnant_women", "foreigners")
"""Of those who entered on the day; a person may be several of them."""

SAMPLED: Final = ("sampled_1", "sampled_2", "sampled_3")
"""Sampled on the day, by the round of sampling."""

QUARANTINE_CODES: Final = (
    "in_care", "entered", *ENTERED, *SAMPLED, "f1_to_f0", "left_hospital", "left_completed",
)  # fmt: skip
BED_CODES: Final = ("beds", "in_treatment", "admitted", "discharged", "transferred", "died")

QUARANTINE_GROUPS: Final = ("entered", "sampled", "flow", "flow_in")
BED_GROUPS: Final = ("in_treatment", "flow", "flow_in")
"""What a configured row may stand under; ``flow``: people leave by it, ``flow_in``: they come by it."""

"""Whether what a code proves, or the province's list knows, is what a site asks for."""

from datetime import UTC, date, datetime, timedelta

from adapters.qr_gates.codes.shown_code import CertifiedTest, Recovery, ShownCode, Trust, Vaccination
from adapters.qr_gates.decisions.gate_knowledge import Known, Moment
from adapters.qr_gates.decisions.gate_rules import Proof

_DAY_MS = 86_400_000


def validity_fault(shown: ShownCode, moment: Moment) -> str | None:
    """Why a certificate does not count today: both ends are inclusive, and widened by our clock's error."""
    at, grace = _utc(moment.at_ms), timedelta(milliseconds=moment.grace_ms)
    if shown.valid_from and at + grace < shown.valid_from:
        return "certificate.not_yet_valid"
    if shown.valid_to and at - grace > shown.valid_to:
        return "certificate.expired"
    return None


def trust_fault(trust: Trust) -> str | None:
    """Why what a code claims proves nothing."""
    return None if trust is Trust.VERIFIED else f"certificate.{trust.value}"


def suffices(proof: Proof, shown: ShownCode, known: Known, moment: Moment) -> bool:
    """By the list of the province, or by a claim of the code."""
    since = None if known.dosed_at_ms is None else (moment.at_ms - known.dosed_at_ms) / _DAY_MS
    if proof.doses and known.doses >= proof.doses and since is not None and since >= proof.days_after_dose:
        return True
    if (proof.signed and trust_fault(shown.trust)) or validity_fault(shown, moment):
        return False
    return any(_claim_suffices(proof, claim, moment) for claim in shown.claims)


def _claim_suffices(proof: Proof, claim: Vaccination | CertifiedTest | Recovery, moment: Moment) -> bool:
    today = _utc(moment.at_ms).date()
    match claim:
        case Vaccination():
            days = (today - claim.on).days
            return proof.doses is not None and claim.dose >= proof.doses and days >= proof.days_after_dose
        case CertifiedTest():
            return claim.positive is False and _is_recent(proof, claim, moment)
        case Recovery():
            return _has_recovered(proof, claim, today)


def _is_recent(proof: Proof, test: CertifiedTest, moment: Moment) -> bool:
    if proof.negative_test_hours is None:
        return False
    age_ms = moment.at_ms - round(test.at.timestamp() * 1000)
    return -moment.grace_ms <= age_ms <= proof.negative_test_hours * 3_600_000 + moment.grace_ms


def _has_recovered(proof: Proof, recovery: Recovery, today: date) -> bool:
    if proof.recovery_days is None or not recovery.valid_from <= today <= recovery.valid_to:
        return False
    return (today - recovery.first_positive).days <= proof.recovery_days


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)

"""What of a result nobody understood: a code that waits for a word in its device's profile."""

from hub.payloads import LabResult


def unmapped_codes(result: LabResult) -> list[tuple[str, str]]:
    """(test, target) of each; a number without a call, like a blood count, is understood."""
    if result.status == "X":
        return []
    return [
        (result.test.code, target.code)
        for target in result.targets
        if target.call == "UNMAPPED" and target.value is None and target.ct is None
    ]

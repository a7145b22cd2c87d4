"""adapters/quality.toml: every kind has a state for every rule, and what is done is shown by a test."""

import ast
import tomllib

import pytest

from hub.config.kinds import Kinds
from tests.conformance.adapter_contract import AdapterContract, TimesAreOurs
from tools.tree import ROOT

LIST = tomllib.loads((ROOT / "adapters" / "quality.toml").read_text("utf-8"))
RULES: dict[str, str] = LIST["rules"]
KINDS = sorted(Kinds.installed())
STATES = [(kind, rule) for kind in KINDS for rule in RULES]
# No adapter may enter the tree without these.
NEVER_OWED = (
    "no_io_in_constructor",
    "cancel_within_one_second",
    "any_chunking_same_events",
    "garbage_is_quarantined",
    "no_reply_before_commit",
    "failed_commit_no_positive_reply",
    "resend_is_one_event",
    "absent_device_is_unavailable",
    "fuzzed",
    "documented",
    "nothing_personal_leaves",
)


def test_the_list_is_of_the_kinds_there_are() -> None:
    assert set(LIST) == {"rules", *KINDS}
    assert all(text.endswith(".") for text in RULES.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_state_for_every_rule_and_no_other(kind: str) -> None:
    assert set(LIST[kind]) == set(RULES)


@pytest.mark.parametrize(("kind", "rule"), STATES)
def test_a_state_is_done_and_shown_or_says_why_not(kind: str, rule: str) -> None:
    ((state, told),) = LIST[kind][rule].items()
    assert state in {"done", "todo", "exempt"}
    if state == "done":
        assert is_there(told), told
    else:
        assert len(told.split()) >= 3, "a reason is a sentence"
        assert state == "exempt" or rule not in NEVER_OWED, "this one cannot wait"


# The second is the first, told otherwise in two tests; the third is the second, for scanners.
SUITES = {AdapterContract.__name__, TimesAreOurs.__name__, "ScannerContract"}


def is_there(node: str) -> bool:
    """Whether the tree has this test, or a file of tests, by its pytest node id."""
    name, *inner = node.split("::")
    path = ROOT / name
    if not (name.startswith("tests/") and path.name.startswith("test_") and path.is_file()):
        return False
    body = ast.parse(path.read_text("utf-8")).body
    for part in inner[:-1]:
        found = next((each for each in body if isinstance(each, ast.ClassDef) and each.name == part), None)
        if found is None:
            return False
        if any(ast.unparse(base) in SUITES for base in found.bases):
            body = [*found.body, *contract()]
        else:
            body = found.body
    return not inner or inner[-1] in {
        each.name for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def contract() -> list[ast.stmt]:
    """The tests that a class inherits from the suite of adapters."""
    path = ROOT / "tests" / "conformance" / "adapter_contract.py"
    classes = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.ClassDef)]
    return next(node.body for node in classes if node.name == AdapterContract.__name__)


@pytest.mark.parametrize(
    "node",
    [
        "tests/documents/test_nothing.py",
        "tests/documents/test_quality.py::test_of_dreams",
        "tests/lab_analyzers/test_adapter_contract.py::TestHl7Mllp::test_of_dreams",
        "tests/lab_analyzers/test_adapter_contract.py::TestDreams::test_resend_is_the_same_fact",
        "hub/health.py",
    ],
)
def test_a_test_that_does_not_exist_is_noticed(node: str) -> None:
    assert not is_there(node)

"""Which metrics a rule looks at besides its own: the single probes of it."""

# A logger's figures of a day or a trip (``temp.vaccine.mean``) are no probes: nobody need hear them again.
FIGURES = frozenset({"min", "max", "mean", "mkt"})


def is_of(metric: str, whole: str) -> bool:
    """Whether a metric is another one, or a single probe of it: ``temp.vaccine.top`` of ``temp.vaccine``."""
    if metric == whole:
        return True
    return metric.startswith(f"{whole}.") and metric.rpartition(".")[2] not in FIGURES

"""Mean kinetic temperature: the one temperature that would have done as much harm as all that were held.

USP <1160>: (ΔH/R) / -ln(mean of exp(-ΔH/RT)), by time held. It weighs heat and knows nothing of frost: a good
one never takes back that a vaccine was frozen.
"""

import math

from hub.exposure.held_time import HeldTime

KELVIN = 273.15
ACTIVATION_ENERGY = 83.144  # kJ/mol, USP <1160>
GAS_CONSTANT = 8.3144e-3  # kJ/(mol·K)


def mean_kinetic_temperature(held: HeldTime, activation_energy: float = ACTIVATION_ENERGY) -> float | None:
    """°C; None where nothing was seen. ``activation_energy`` in kJ/mol (some loggers take 83.0).

    By the logarithm of a sum of exponentials, each beside the greatest: no temperature over- or underflows.
    """
    above_zero = [(value / 1000 + KELVIN, ms) for value, ms in held.by_value.items() if ms]
    if not above_zero or above_zero[0][0] <= 0:
        return None
    ratio = activation_energy / GAS_CONSTANT
    exponents = [(-ratio / kelvin, ms) for kelvin, ms in above_zero]
    greatest = max(exponent for exponent, _ in exponents)
    total = math.fsum(ms * math.exp(exponent - greatest) for exponent, ms in exponents)
    return ratio / -(greatest + math.log(total / held.seen_ms)) - KELVIN

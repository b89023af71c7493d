"""What is taken where nobody says: by :class:`.Delayed`, and by configurations made for it."""

DELAY = 0
"""Steps that averages may come late: none, which is synchronous training."""
PERIOD = 1
"""Steps whose gradients are exchanged together."""
CODEC = "dense"
KEPT = 0.01
"""Share of the values that top-k sends."""
AGGREGATOR = "mean"
LOCAL_UPDATE = "quasi-hyperbolic"
TRANSPORT = "auto"
TIMEOUT = 30.0
"""Seconds that a worker may be silent, or keep the others waiting."""
TRANSPORTS = ("direct", "ring")
"""The ways that gradients travel; "auto" is the faster of them."""

"""What a network may cost: limits, the multipliers that steer a search to them, derivation."""

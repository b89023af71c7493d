"""The zoo: one folder a model; ``proxyless.zoo`` reads it."""

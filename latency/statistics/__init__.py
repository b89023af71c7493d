"""Statistics of measurements and predictions: variances, quantiles, errors, regression."""

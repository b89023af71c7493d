"""Training one network: mixed images, averaged weights, distillation."""

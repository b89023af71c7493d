"""Training loops: steps, epochs, callbacks, checkpoints; in one process or several workers."""

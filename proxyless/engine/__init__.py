"""Training loops: steps, epochs, callbacks, checkpoints; alone, or shared by workers."""

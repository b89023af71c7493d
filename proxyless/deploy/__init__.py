"""From trained weights to a measured file: export, model files, timing, benchmark."""

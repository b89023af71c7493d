"""Programs timed inside one process: what boards over SSH are sent as source, and the settings."""

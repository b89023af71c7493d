"""What workers compute: local steps, what they contribute, and the state that averages move."""

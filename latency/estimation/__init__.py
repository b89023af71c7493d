"""The times of operations, estimated from measured whole networks."""

"""One stream as a state machine: no asyncio, no protobuf, no tensors; the clock is injected."""

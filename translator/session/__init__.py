"""One stream as a state machine: no asyncio, no protobuf, no tensors, an injected clock."""

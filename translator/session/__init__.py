"""One stream as a state machine: no asyncio, no protobuf, no torch; the clock is injected."""

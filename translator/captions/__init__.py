"""Live captions for a room full of people: rooms, the gateway, its pages, and where captions go.

The gateway is a client of translator servers and runs in a process of its own: viewers must not
share an interpreter with decoding.
"""

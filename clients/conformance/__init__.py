"""Checks a client library, and the server, against scripted streams; the README here explains it.

Run it from the repository's root with ``python -m clients.conformance``.
"""

"""Streaming real-time translation over gRPC.

Importing this package, or ``translator.client``, imports no torch: the base install is the client.
"""

__version__ = "0.1.0"

# Its name for pip: `translator` on PyPI is somebody else's.
DISTRIBUTION = "live-text-translator"

"""Generated from protos/translator/captions/v1 by `make protos`; not to be edited."""

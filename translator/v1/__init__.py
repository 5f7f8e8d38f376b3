"""Generated from protos/translator/v1 by `make protos`; not to be edited."""

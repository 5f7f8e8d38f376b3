"""The gRPC server. Protobuf stops here: ``convert`` knows both worlds."""

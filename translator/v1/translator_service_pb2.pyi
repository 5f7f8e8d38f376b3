from translator.v1 import batch_pb2 as _batch_pb2
from translator.v1 import models_pb2 as _models_pb2
from translator.v1 import streaming_pb2 as _streaming_pb2
from translator.v1 import translate_pb2 as _translate_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

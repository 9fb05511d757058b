"""The few protocol buffer messages of TensorFlow that frozen graphs and checkpoints are made of.

They are described here and built at import, in a pool of their own, so that nothing of TensorFlow is needed
and an installed TensorFlow does not get in the way. Fields that the application does not need are left out;
protocol buffers skip what they do not know.
"""

from typing import Any, Final

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

__all__ = ["BundleEntry", "BundleHeader", "DecodeError", "GraphDef", "Message", "NodeDef"]

_PACKAGE: Final = "music_explore"

# Message → field → (number, type); a trailing * marks a repeated field.
_MESSAGES: Final[dict[str, dict[str, tuple[int, str]]]] = {
    "Dim": {"size": (1, "int64")},
    "Shape": {"dim": (2, "Dim*")},
    "Tensor": {
        "dtype": (1, "int32"),
        "tensor_shape": (2, "Shape"),
        "tensor_content": (4, "bytes"),
        "float_val": (5, "float*"),
    },
    "IntList": {"i": (3, "int64*")},
    "AttrValue": {
        "list": (1, "IntList"),
        "s": (2, "bytes"),
        "i": (3, "int64"),
        "f": (4, "float"),
        "b": (5, "bool"),
        "type": (6, "int32"),
        "shape": (7, "Shape"),
        "tensor": (8, "Tensor"),
    },
    # A map on the wire is a list of pairs; as a list its order is ours, so equal graphs are equal bytes.
    "Attr": {"key": (1, "string"), "value": (2, "AttrValue")},
    "NodeDef": {"name": (1, "string"), "op": (2, "string"), "input": (3, "string*"), "attr": (5, "Attr*")},
    "Versions": {"producer": (1, "int32"), "min_consumer": (2, "int32")},
    "GraphDef": {"node": (1, "NodeDef*"), "versions": (4, "Versions")},
    "BundleHeader": {"num_shards": (1, "int32"), "endianness": (2, "int32")},
    "BundleEntry": {
        "dtype": (1, "int32"),
        "shape": (2, "Shape"),
        "shard_id": (3, "int32"),
        "offset": (4, "int64"),
        "size": (5, "int64"),
    },
}


def _describe() -> FileDescriptorProto:
    file = FileDescriptorProto(name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto3")
    for message_name, fields in _MESSAGES.items():
        message: DescriptorProto = file.message_type.add(name=message_name)
        for field_name, (number, kind) in fields.items():
            field: FieldDescriptorProto = message.field.add(name=field_name, number=number)
            field.label = field.LABEL_REPEATED if kind.endswith("*") else field.LABEL_OPTIONAL
            one = kind.rstrip("*")
            if one in _MESSAGES:
                field.type = field.TYPE_MESSAGE
                field.type_name = f".{_PACKAGE}.{one}"
            else:
                field.type = getattr(field, f"TYPE_{one.upper()}")
    # Only one member of this group is ever written, even if it is zero or empty.
    attr_value = next(message for message in file.message_type if message.name == "AttrValue")
    attr_value.oneof_decl.add(name="value")
    for field in attr_value.field:
        field.oneof_index = 0
    return file


_pool = DescriptorPool()
_pool.Add(_describe())


def _message(name: str) -> Any:
    return GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


NodeDef = _message("NodeDef")
GraphDef = _message("GraphDef")
BundleHeader = _message("BundleHeader")
BundleEntry = _message("BundleEntry")

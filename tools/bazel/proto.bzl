"""C++ from the public contract, with the distribution's protoc and gRPC plugin."""

load("@rules_cc//cc:defs.bzl", "cc_library")

# Where the distribution's packages put google/rpc/*.proto and grpc/health/v1.
GOOGLEAPIS = "/usr/share/gocode/src/github.com/gogo/googleapis"
GRPC_PROTO = "/usr/share/grpc-proto"

def samverkan_proto_library(name, srcs, deps = [], checked = True):
    """C++ library of the messages and gRPC stubs of `srcs`.

    Args:
      name: the cc_library to make.
      srcs: the .proto files, paths relative to the package. Those of //proto are
        imported by these paths, protos of tests by their path from the root.
      deps: other samverkan_proto_library targets that `srcs` import.
      checked: whether every method must carry an access rule and every text field
        a category; off only for the two packages that define these annotations.
    """
    package = native.package_name()
    in_contract = package == "proto"
    proto_path = "--proto_path=proto" if in_contract else "--proto_path=proto --proto_path=."
    prefix = "" if in_contract else package + "/"
    out = "$(RULEDIR)" if in_contract else "$(BINDIR)"
    native.filegroup(
        name = name + "_srcs",
        srcs = srcs + [dep + "_srcs" for dep in deps],
    )
    headers = []
    sources = []
    for src in srcs:
        stem = src[:-len(".proto")]
        headers += [stem + ".pb.h", stem + ".grpc.pb.h"]
        sources += [stem + ".pb.cc", stem + ".grpc.pb.cc"]
    check = "--plugin=protoc-gen-annotations=$(execpath //tools/proto:annotations_check) --annotations_out=" + out + " " if checked else ""
    native.genrule(
        name = name + "_cc",
        srcs = [name + "_srcs"],
        outs = headers + sources,
        cmd = ("protoc " + proto_path + " --cpp_out=" + out + " --grpc_out=" + out +
               " --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin " + check +
               " ".join([prefix + src for src in srcs])),
        tools = ["//tools/proto:annotations_check"] if checked else [],
    )
    cc_library(
        name = name,
        srcs = sources,
        hdrs = headers,
        copts = ["-w"],
        includes = ["."],
        deps = deps + ["@system//:absl", "@system//:grpc", "@system//:protobuf"],
    )

def distribution_proto_library(name, root, stems, alwayslink = False):
    """C++ library of .proto files that a package of the distribution brings.

    Args:
      name: the cc_library to make.
      root: the folder that their imports count from.
      stems: the files, without ".proto".
      alwayslink: whether to link it where nothing names it, for its descriptors.
    """
    native.genrule(
        name = name + "_cc",
        outs = [stem + end for stem in stems for end in [".pb.h", ".pb.cc"]],
        cmd = "protoc --proto_path=" + root + " --cpp_out=$(RULEDIR) " +
              " ".join([stem + ".proto" for stem in stems]),
    )
    cc_library(
        name = name,
        srcs = [stem + ".pb.cc" for stem in stems],
        hdrs = [stem + ".pb.h" for stem in stems],
        alwayslink = alwayslink,
        copts = ["-w"],
        includes = ["."],
        deps = ["@system//:protobuf"],
    )

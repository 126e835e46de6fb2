"""The distribution's rules_cc, made to load under the distribution's Bazel 4.2.3."""

_RULES_CC = "/usr/share/bazel/rules/cc"

# These two files ask @bazel_tools for a symbol that Bazel 4.2.3 does not have;
# the toolchain type's label, which 4.2.3 takes in its place, means the same.
_FILES_TO_MEND = [
    "cc/private/rules_impl/cc_flags_supplier.bzl",
    "cc/private/rules_impl/compiler_flag.bzl",
]

def _distribution_rules_cc_impl(repository_ctx):
    result = repository_ctx.execute(["cp", "-r", _RULES_CC + "/.", "."])
    if result.return_code != 0:
        fail("copying %s: %s (run tools/setup)" % (_RULES_CC, result.stderr))
    for path in _FILES_TO_MEND:
        text = repository_ctx.read(path)
        text = text.replace(', "use_cpp_toolchain"', "")
        text = text.replace("use_cpp_toolchain()", '["@bazel_tools//tools/cpp:toolchain_type"]')
        repository_ctx.file(path, text, executable = False)

distribution_rules_cc = repository_rule(
    implementation = _distribution_rules_cc_impl,
    local = True,
)

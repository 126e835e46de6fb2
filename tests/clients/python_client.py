#!/usr/bin/python3
"""Calls intake as an integrator would who has Python's grpcio, the protos and a certificate."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import uuid

import google
import grpc
from google.protobuf import json_format

# Where the distribution's packages put google/rpc/*.proto and the reflection service.
GOOGLEAPIS = "/usr/share/gocode/src/github.com/gogo/googleapis"
REFLECTION = "/usr/share/grpc-proto/grpc/reflection/v1alpha"

SERVICES = {
    "grpc.health.v1.Health",
    "samverkan.events.v1.EventService",
    "samverkan.intake.v1.AssessmentService",
    "samverkan.intake.v1.ConsultationService",
    "samverkan.intake.v1.FeedbackService",
    "samverkan.intake.v1.InvestigationService",
    "samverkan.intake.v1.ReportMeetingService",
    "samverkan.intake.v1.ReportService",
}


def generate(out):
    """Makes Python of the protos in the folder `out`, and lets it be imported."""
    protos = [path.relative_to("proto") for path in pathlib.Path("proto").rglob("*.proto")]
    subprocess.run(
        ["protoc", "--proto_path=proto", f"--proto_path={GOOGLEAPIS}", f"--proto_path={REFLECTION}",
         "--plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin", f"--python_out={out}", f"--grpc_out={out}",
         "google/rpc/status.proto", "google/rpc/error_details.proto", "reflection.proto", *map(str, protos)],
        check=True)
    sys.path.insert(0, out)
    google.__path__.append(f"{out}/google")


def expect(what, came, wanted):
    if came != wanted:
        sys.exit(f"{what}: expected {wanted!r}, came {came!r}")
    print("as expected:", what)


def new_report():
    from samverkan.intake.v1 import report_pb2
    request = json_format.ParseDict(json.loads(pathlib.Path("tests/clients/report.json").read_text("utf-8")),
                                    report_pb2.SubmitReportRequest())
    request.request_id = str(uuid.uuid4())
    return request


def details_of(error):
    """The google.rpc messages of an error, by name."""
    from google.rpc import error_details_pb2, status_pb2
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    details = {}
    for packed in status.details:
        message = getattr(error_details_pb2, packed.TypeName().rpartition(".")[2])()
        packed.Unpack(message)
        details[packed.TypeName()] = message
    return details


def error_of(method, request, **options):
    try:
        method(request, timeout=20, **options)
    except grpc.RpcError as error:
        return error
    return sys.exit("expected the call to be refused")


def submit_and_get(reports, authorization):
    from samverkan.intake.v1 import report_pb2
    request = new_report()
    submitted = reports.SubmitReport(request, timeout=20, metadata=authorization)
    expect("one report a child", len(submitted.reports), 1)
    again = reports.SubmitReport(request, timeout=20, metadata=authorization)
    expect("the same request_id gives the same report", again.reports[0].name, submitted.reports[0].name)
    got = reports.GetReport(report_pb2.GetReportRequest(name=submitted.reports[0].name), timeout=20,
                            metadata=authorization)
    expect("the sender's own words", got.submission.concern.what, request.submission.concern.what)
    expect("the handling is not the sender's", got.state, report_pb2.Report.STATE_UNSPECIFIED)


def submit_a_bad_one(reports, authorization):
    request = new_report()
    request.submission.child.identity_number = "20120503-2393"
    request.submission.ClearField("guardians_told")
    error = error_of(reports.SubmitReport, request, metadata=authorization)
    expect("code", error.code(), grpc.StatusCode.INVALID_ARGUMENT)
    details = details_of(error)
    expect("reason", details["google.rpc.ErrorInfo"].reason, "FIELD_INVALID")
    expect("fields", [violation.field for violation in details["google.rpc.BadRequest"].field_violations],
           ["submission.child.identity_number", "submission.guardians_told"])
    expect("language", details["google.rpc.LocalizedMessage"].locale, "sv-SE")
    expect("where to call", details["google.rpc.Help"].links[0].url, "tel:+46846500410")


def list_services(channel):
    import reflection_pb2
    import reflection_pb2_grpc
    asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    answer = next(reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(asked, timeout=20))
    names = {service.name for service in answer.list_services_response.service}
    expect("services that reflection lists", SERVICES - names, set())


def credentials():
    """Mutual TLS with the certificate of the calling system."""
    authorities, key, certificate = (pathlib.Path(os.environ[f"SAMVERKAN_{name}"]).read_bytes()
                                     for name in ("CA", "KEY", "CERT"))
    return grpc.ssl_channel_credentials(authorities, key, certificate)


def main():
    with tempfile.TemporaryDirectory() as out:
        generate(out)
        from samverkan.intake.v1 import report_pb2_grpc
        authorization = [("authorization", "Bearer " + os.environ["SAMVERKAN_TOKEN"])]
        with grpc.secure_channel(os.environ["SAMVERKAN_INTAKE"], credentials()) as channel:
            reports = report_pb2_grpc.ReportServiceStub(channel)
            submit_and_get(reports, authorization)
            submit_a_bad_one(reports, authorization)
            refused = error_of(reports.SubmitReport, new_report())
            expect("reason without a token", details_of(refused)["google.rpc.ErrorInfo"].reason, "TOKEN_MISSING")
            list_services(channel)


if __name__ == "__main__":
    main()

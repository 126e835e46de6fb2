#include "services/intake/placement_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/log/logger.h"
#include "libs/proto_time/proto_time.h"
#include "libs/status/status.h"
#include "libs/testing/status_matchers.h"
#include "prometheus/registry.h"
#include "services/intake/consultation_store.h"
#include "services/intake/deadline_sweeper.h"
#include "services/intake/extract_service.h"
#include "services/intake/intake_fixture.h"
#include "services/intake/report_service.h"

namespace samverkan::intake::testing {
namespace {

using ::samverkan::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kFailedPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr char kPlace[] = "Familjen Ek, Ekvägen 1";

class PlacementServiceTest : public IntakeTest {
 protected:
  rpc::CallContext Call(const auth::Caller& caller, const std::string& method) const {
    return CallOf(caller, "PlacementService/" + method, now_);
  }

  v1::RecordPlacementRequest Placing(const std::string& investigation) const {
    v1::RecordPlacementRequest request;
    request.set_parent(investigation);
    request.set_request_id(NewRequestId());
    request.set_home(v1::Placement::FAMILY_HOME);
    request.set_ground(v1::Placement::CARE_OF_YOUNG_PERSONS_ACT);
    request.set_place(kPlace);
    *request.mutable_start_time() = proto_time::ToProto(now_ - absl::Hours(2));
    return request;
  }
  absl::StatusOr<v1::Placement> Record(const v1::RecordPlacementRequest& request,
                                       const auth::Caller& caller = Caseworker()) {
    return service_.RecordPlacement(Call(caller, "RecordPlacement"), request);
  }

  absl::StatusOr<v1::Placement> Get(const std::string& name, const auth::Caller& caller = Caseworker()) {
    v1::GetPlacementRequest request;
    request.set_name(name);
    return service_.GetPlacement(Call(caller, "GetPlacement"), request);
  }

  absl::StatusOr<v1::ListPlacementsResponse> List(const std::string& investigation, int page_size = 0,
                                                  const std::string& page_token = "") {
    v1::ListPlacementsRequest request;
    request.set_parent(investigation);
    request.set_page_size(page_size);
    request.set_page_token(page_token);
    return service_.ListPlacements(Call(Caseworker(), "ListPlacements"), request);
  }

  static v1::ReviewPlacementRequest Reviewing(const v1::Placement& placement) {
    v1::ReviewPlacementRequest request;
    request.set_name(placement.name());
    request.set_request_id(NewRequestId());
    request.set_etag(placement.etag());
    request.set_verdict(v1::PlacementReview::GOES_ON);
    request.set_reasons("Vården behövs.");
    return request;
  }
  absl::StatusOr<v1::Placement> Review(const v1::ReviewPlacementRequest& request,
                                       const auth::Caller& caller = Caseworker()) {
    return service_.ReviewPlacement(Call(caller, "ReviewPlacement"), request);
  }

  absl::StatusOr<v1::Placement> End(const v1::Placement& placement) {
    v1::EndPlacementRequest request;
    request.set_name(placement.name());
    request.set_request_id(NewRequestId());
    request.set_etag(placement.etag());
    request.set_outcome(v1::PlacementEnd::MOVED);
    request.set_reasons("Ett annat hem tog vid.");
    return service_.EndPlacement(Call(Caseworker(), "EndPlacement"), request);
  }

  std::vector<v1::WorkItem> Work(v1::WorkItem::ToDo to_do = {}) {
    ConsultationStore consultations(store_parts());
    const ReportService reports(*reports_, consultations, parts());
    v1::ListWorkItemsRequest request;
    request.set_parent(kBarnenheten);
    request.set_to_do(to_do);
    const auto work = reports.ListWorkItems(CallOf(Caseworker(), "ReportService/ListWorkItems", now_), request);
    EXPECT_OK(work);
    return {work->items().begin(), work->items().end()};
  }

  PlacementStore store_{store_parts()};
  TransferStore transfers_{store_parts()};
  FollowUpStore follow_ups_{store_parts()};
  const PlacementService service_{store_, parts()};
};

TEST_F(PlacementServiceTest, IsRecordedReadListedAndTold) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Placement placement, Record(Placing(investigation)));
  EXPECT_EQ(placement.investigation(), investigation);
  EXPECT_EQ(placement.authority(), kSkarholmen);
  EXPECT_EQ(placement.place(), kPlace);
  EXPECT_EQ(placement.deadlines(0).due_date(), "2026-09-10");
  EXPECT_EQ(Events().back().type(), "placement.recorded");
  EXPECT_EQ(Events().back().resource(), placement.name());
  EXPECT_THAT(Events().back().attributes(), IsEmpty());
  EXPECT_EQ(AuditEntries().back().private_part().legal_basis(), "P-043, SoL 2025:400 22:13");
  EXPECT_THAT(AuditEntries().back().private_part().resources(), ElementsAre(placement.name(), investigation));

  ASSERT_OK_AND_ASSIGN(const v1::Placement read, Get(placement.name()));
  EXPECT_EQ(read.SerializeAsString(), placement.SerializeAsString());
  EXPECT_THAT(AuditEntries().back().private_part().resources(), Contains(placement.name()));
  ASSERT_OK_AND_ASSIGN(const auto listed, List(investigation));
  ASSERT_THAT(listed.placements(), SizeIs(1));
  EXPECT_EQ(listed.placements(0).SerializeAsString(), placement.SerializeAsString());
}

TEST_F(PlacementServiceTest, OneGoesOnAtATimeAndTheyAreListedPageByPage) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Placement first, Record(Placing(investigation)));
  EXPECT_THAT(Record(Placing(investigation)), StatusIs(kFailedPrecondition, "PLACEMENT_RUNNING"));
  ASSERT_OK(End(first));
  now_ += absl::Hours(24);
  ASSERT_OK_AND_ASSIGN(const v1::Placement second, Record(Placing(investigation)));
  ASSERT_OK_AND_ASSIGN(const auto page, List(investigation, 1));
  ASSERT_THAT(page.placements(), SizeIs(1));
  EXPECT_EQ(page.placements(0).name(), second.name());
  ASSERT_OK_AND_ASSIGN(const auto rest, List(investigation, 1, page.next_page_token()));
  ASSERT_THAT(rest.placements(), SizeIs(1));
  EXPECT_EQ(rest.placements(0).name(), first.name());
  EXPECT_EQ(rest.next_page_token(), "");
}

TEST_F(PlacementServiceTest, ARepeatedRequestGivesTheSameAndAStaleEtagIsRefused) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  const v1::RecordPlacementRequest placing = Placing(investigation);
  ASSERT_OK_AND_ASSIGN(const v1::Placement placement, Record(placing));
  ASSERT_OK_AND_ASSIGN(const v1::Placement again, Record(placing));
  EXPECT_EQ(again.name(), placement.name());
  v1::RecordPlacementRequest other = placing;
  other.set_place("Ett annat hem");
  EXPECT_THAT(Record(other), StatusIs(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED"));

  const v1::ReviewPlacementRequest review = Reviewing(placement);
  now_ += absl::Hours(24);
  ASSERT_OK_AND_ASSIGN(const v1::Placement reviewed, Review(review));
  EXPECT_EQ(Review(review)->reviews_size(), 1);
  EXPECT_THAT(Review(Reviewing(placement)), StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  EXPECT_EQ(Get(placement.name())->SerializeAsString(), reviewed.SerializeAsString());
}

TEST_F(PlacementServiceTest, IsHiddenFromWhoDoesNotHandleTheInvestigation) {
  const std::string investigation = OpenInvestigation(kChildren[0]);
  ASSERT_OK_AND_ASSIGN(const v1::Placement placement, Record(Placing(investigation)));
  auth::Caller elsewhere = CallerOf(access::v1::CASEWORKER, "u-omar", {"ungdomsenheten"});
  EXPECT_THAT(Get(placement.name(), elsewhere), StatusIs(kNotFound, "PLACEMENT_NOT_FOUND"));
  EXPECT_THAT(Review(Reviewing(placement), elsewhere), StatusIs(kNotFound, "PLACEMENT_NOT_FOUND"));
  EXPECT_THAT(Record(Placing(investigation), elsewhere), StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
  elsewhere.authority = "hasselby-vallingby";
  elsewhere.units = {"barnenheten"};
  EXPECT_THAT(Get(placement.name(), elsewhere), StatusIs(kNotFound, "PLACEMENT_NOT_FOUND"));
  EXPECT_THAT(Record(Placing(investigation), elsewhere), StatusIs(kNotFound, "INVESTIGATION_NOT_FOUND"));
}

TEST_F(PlacementServiceTest, NamesEveryBadField) {
  v1::RecordPlacementRequest request;
  request.set_parent("municipalities/0180/reports/1");
  *request.mutable_start_time() = proto_time::ToProto(now_ + absl::Hours(1));
  const absl::Status refused = Record(request).status();
  for (const char* const field : {"request_id", "parent", "home", "ground", "place", "start_time"}) {
    EXPECT_THAT(status::InvalidFields(refused), Contains(field));
  }
}

TEST_F(PlacementServiceTest, AMissedReviewIsAnEventAMetricAndALineInTheWorklist) {
  ASSERT_OK_AND_ASSIGN(const v1::Placement placement, Record(Placing(OpenInvestigation(kChildren[0]))));
  clock::FakeClock clock(At(absl::CivilDay(2026, 9, 11), 9));
  prometheus::Registry registry;
  std::ostringstream lines;
  DeadlineSweeper sweeper(*job_pool_, clock, registry, log::Logger("test", clock, lines));
  ASSERT_OK(sweeper.Sweep());
  EXPECT_EQ(Count("SELECT count(*) FROM intake.deadline WHERE breach_time IS NOT NULL AND collection = 'placements'"),
            1);
  std::vector<std::string> breached;
  for (const events::v1::Event& event : Events()) {
    if (event.type() == "deadline.breached") breached.push_back(event.resource());
  }
  EXPECT_THAT(breached, Contains(placement.name()));
  now_ = clock.Now();
  std::vector<std::string> overdue;
  for (const v1::WorkItem& item : Work(v1::WorkItem::OVERDUE)) overdue.push_back(item.resource());
  EXPECT_THAT(overdue, Contains(placement.name()));
  ASSERT_OK_AND_ASSIGN(const v1::Placement reviewed, Review(Reviewing(placement)));
  EXPECT_TRUE(reviewed.deadlines(0).has_breach_time()) << "a review afterwards does not undo it";
}

TEST_F(PlacementServiceTest, StandsInTheChildsExtractWithoutThePlaceUntilItIsReadThrough) {
  ASSERT_OK_AND_ASSIGN(const v1::Placement placement, Record(Placing(OpenInvestigation(kChildren[0]))));
  InvestigationStepStore steps(store_parts());
  ExtractStore extracts(store_parts(), *reports_, *investigations_, {steps, store_, transfers_, follow_ups_});
  const ExtractService service(extracts, parts());
  v1::ExtractChildRequest request;
  request.set_parent(kSkarholmen);
  request.set_child(placement.child());
  request.set_recipient(v1::GUARDIAN);
  const rpc::CallContext call = CallOf(UnitManager(), "ExtractService/ExtractChild", now_);
  ASSERT_OK_AND_ASSIGN(const auto extract, service.ExtractChild(call, request));
  ASSERT_THAT(extract.items(), SizeIs(2));
  ASSERT_THAT(extract.items(0).placements(), SizeIs(1));
  EXPECT_EQ(extract.items(0).placements(0).name(), placement.name());
  EXPECT_EQ(extract.items(0).placements(0).place(), "");
  EXPECT_THAT(AuditEntries().back().private_part().resources(), Contains(placement.name()));
  request.set_texts_reviewed(true);
  ASSERT_OK_AND_ASSIGN(const auto read_through, service.ExtractChild(call, request));
  EXPECT_EQ(read_through.items(0).placements(0).place(), kPlace);
}

}  // namespace
}  // namespace samverkan::intake::testing

#include "services/audit/leaf.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "libs/testing/status_matchers.h"
#include "services/audit/commitment.h"

namespace samverkan::audit {
namespace {

using ::samverkan::testing::StatusIs;

std::string Hex(const Digest& digest) {
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

constexpr EntryId kEntryId = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x46, 0x77,
                              0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

v1::PrivatePart SamplePart() {
  v1::PrivatePart part;
  google::protobuf::TextFormat::ParseFromString(R"pb(
                                                  time { seconds: 1767225599 nanos: 999999999 }
                                                  actor {
                                                    subject: "anna"
                                                    system: "treserva"
                                                    role: CASEWORKER
                                                    municipality: "0180"
                                                    authority: "socialnamnden"
                                                    units: "skarholmen"
                                                  }
                                                  children: "child-a"
                                                  children: "child-b"
                                                  resources: "municipalities/0180/reports/1"
                                                  legal_basis: "SoL 2025:400 20:1"
                                                  trace_id: "0af7651916cd43dd8448eb211c80319c"
                                                  detail: "state: RECEIVED -> ASSESSED"
                                                )pb",
                                                &part);
  return part;
}

v1::Salts SampleSalts() {
  v1::Salts salts;
  salts.set_subject(std::string(32, '\x01'));
  salts.set_actor(std::string(32, '\x02'));
  salts.set_detail(std::string(32, '\x03'));
  return salts;
}

Leaf SampleLeaf() {
  const Commitments commitments = CommitTo(kEntryId, SamplePart(), SampleSalts());
  Leaf leaf;
  leaf.entry_id = kEntryId;
  leaf.day = absl::CivilDay(2025, 12, 31);
  leaf.action = access::v1::UPDATE;
  leaf.outcome = v1::GRANTED;
  leaf.retention = v1::CHILD_FILE;
  leaf.producer = "intake";
  leaf.municipality = "0180";
  leaf.authority = "socialnamnden";
  leaf.method = "samverkan.intake.v1.ReportService/AssessReport";
  leaf.purpose = "child_protection";
  leaf.subject = commitments.subject;
  leaf.actor = commitments.actor;
  leaf.detail = commitments.detail;
  return leaf;
}

std::string Encoded(const Leaf& leaf) {
  absl::StatusOr<std::string> bytes = EncodeLeaf(leaf);
  EXPECT_OK(bytes);
  return bytes.ok() ? *std::move(bytes) : "";
}

// Frozen: computed with another program from the layout in leaf.h and commitment.h.
// When this fails the code is wrong, never the bytes.
TEST(Leaf, HasItsFrozenBytes) {
  const std::string golden =
      "61756469742d6c6561662f7631"
      "00112233445546778899aabbccddeeff"
      "00004fe5"
      "03"
      "01"
      "01"
      "06696e74616b65"
      "0430313830"
      "0d736f6369616c6e616d6e64656e"
      "2e73616d7665726b616e2e696e74616b652e76312e5265706f7274536572766963652f4173736573735265706f7274"
      "106368696c645f70726f74656374696f6e"
      "d5bac87ceab9f210e8589f9791cb28cb0ab6b29aa8637506d6c1e68b788e092b"
      "cc5ba7c1c8209408e527668012a8bf9ffce443ecc3412e11a56cc41e59ca1f3e"
      "e0dff536d980c35a4c3b9ebe19c905dfbecb6a9119a80609053469df4e690e56";
  Leaf leaf = SampleLeaf();
  EXPECT_EQ(absl::BytesToHexString(Encoded(leaf)), golden + "00");
  EXPECT_EQ(Hex(LeafHash(Encoded(leaf))), "0cbe79932062827b12f71761e51664676f02da6052c007c8ae072643332d7fee");
  leaf.reference = 4711;
  EXPECT_EQ(absl::BytesToHexString(Encoded(leaf)), golden + "010000000000001267");
  EXPECT_EQ(Hex(LeafHash(Encoded(leaf))), "6d0fac5e2518eb4e03de4bfa3df80029ff395bf5eb91e39f444536480e33789f");
}

// Leaf hashes of RFC 6962, as certificate transparency's own tests have them.
TEST(LeafHash, GivesThePublishedVectors) {
  EXPECT_EQ(Hex(LeafHash("")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(Hex(LeafHash("L123456")), "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
  EXPECT_EQ(Hex(LeafHash(absl::HexStringToBytes("101112131415161718191a1b1c1d1e1f"))),
            "3bfb960453ebaebf33727da7a1f4db38acc051d381b6da20d6d4e88f0eabfd7a");
}

class RandomLeaves {
 public:
  Leaf Next() {
    Leaf leaf;
    Fill(leaf.entry_id);
    leaf.day = absl::CivilDay(1970, 1, 1) + static_cast<int>(Below(60'000));
    for (uint8_t Leaf::*code : {&Leaf::action, &Leaf::outcome, &Leaf::retention}) {
      leaf.*code = static_cast<uint8_t>(1 + Below(255));
    }
    // Short texts over two letters: neighbours that differ only in where one ends.
    for (std::string Leaf::*text :
         {&Leaf::producer, &Leaf::municipality, &Leaf::authority, &Leaf::method, &Leaf::purpose}) {
      for (size_t left = Below(3); left > 0; --left) (leaf.*text).push_back(Below(2) == 0 ? 'a' : '\x01');
    }
    for (Digest Leaf::*digest : {&Leaf::subject, &Leaf::actor, &Leaf::detail}) Fill(leaf.*digest);
    if (Below(2) == 0) leaf.reference = random_();
    return leaf;
  }

  size_t Below(size_t bound) { return random_() % bound; }

 private:
  template <size_t n>
  void Fill(std::array<uint8_t, n>& bytes) {
    // One of two values, so that only the texts tell most leaves apart.
    bytes.fill(static_cast<uint8_t>(Below(2)));
  }

  std::mt19937_64 random_{20260101};
};

TEST(Leaf, DecodesToWhatWasEncoded) {
  RandomLeaves leaves;
  for (int i = 0; i < 20'000; ++i) {
    const Leaf leaf = leaves.Next();
    ASSERT_OK_AND_ASSIGN(const Leaf decoded, DecodeLeaf(Encoded(leaf)));
    ASSERT_EQ(decoded, leaf);
  }
}

// Every one-byte change of a leaf either is refused or is another leaf, with exactly
// those bytes.
TEST(Leaf, HasOneSpelling) {
  RandomLeaves leaves;
  for (int i = 0; i < 200; ++i) {
    const Leaf leaf = leaves.Next();
    const std::string bytes = Encoded(leaf);
    for (size_t at = 0; at < bytes.size(); ++at) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ (1 + leaves.Below(255)));
      const absl::StatusOr<Leaf> decoded = DecodeLeaf(changed);
      if (!decoded.ok()) continue;
      ASSERT_NE(*decoded, leaf) << at;
      ASSERT_EQ(Encoded(*decoded), changed) << at;
    }
  }
}

TEST(Leaf, RefusesBytesThatAreNoLeaf) {
  const std::string bytes = Encoded(SampleLeaf());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(DecodeLeaf(bytes.substr(0, size)), StatusIs(absl::StatusCode::kInvalidArgument, "LEAF_MALFORMED"));
  }
  EXPECT_THAT(DecodeLeaf(bytes + '\0'), StatusIs(absl::StatusCode::kInvalidArgument, "LEAF_MALFORMED"));
  std::string other_version = bytes;
  other_version[12] = '2';
  EXPECT_THAT(DecodeLeaf(other_version), StatusIs(absl::StatusCode::kInvalidArgument, "LEAF_MALFORMED"));
}

TEST(Leaf, IsNotEncodedWhenAFieldDoesNotFit) {
  Leaf leaf = SampleLeaf();
  leaf.method = std::string(256, 'm');
  EXPECT_THAT(EncodeLeaf(leaf), StatusIs(absl::StatusCode::kInternal));
  leaf = SampleLeaf();
  leaf.action = 0;
  EXPECT_THAT(EncodeLeaf(leaf), StatusIs(absl::StatusCode::kInternal));
  leaf = SampleLeaf();
  leaf.day = absl::CivilDay(1969, 12, 31);
  EXPECT_THAT(EncodeLeaf(leaf), StatusIs(absl::StatusCode::kInternal));
  leaf = SampleLeaf();
  leaf.producer = leaf.municipality = leaf.authority = leaf.method = leaf.purpose = std::string(255, 'm');
  EXPECT_OK(EncodeLeaf(leaf));
}

// Frozen, and computed with another program, as the leaf is. Without signs it is the one
// in the leaf above.
TEST(Commitments, HaveTheirFrozenBytesWithRiskSigns) {
  v1::PrivatePart part = SamplePart();
  part.add_risk_signs(v1::SAME_NAME);
  part.add_risk_signs(v1::NO_ASSIGNMENT);
  EXPECT_EQ(Hex(CommitTo(kEntryId, part, SampleSalts()).detail),
            "9a7d294e6e4e57d4febfa1716cc521762269311bb816638206919dbb1d820681");
}

bool Differ(const v1::PrivatePart& a, const v1::PrivatePart& b) {
  return CommitTo(kEntryId, a, SampleSalts()) != CommitTo(kEntryId, b, SampleSalts());
}

// Whatever is changed in the private part, a commitment tells.
TEST(Commitments, CoverEveryFieldOfThePrivatePart) {
  const std::vector<void (*)(v1::PrivatePart&)> changes = {
      [](auto& part) { part.mutable_time()->set_seconds(1767225598); },
      [](auto& part) { part.mutable_time()->set_nanos(1); },
      [](auto& part) { part.mutable_actor()->set_subject("bo"); },
      [](auto& part) { part.mutable_actor()->set_system("combine"); },
      [](auto& part) { part.mutable_actor()->set_role(access::v1::DUTY); },
      [](auto& part) { part.mutable_actor()->set_municipality("0181"); },
      [](auto& part) { part.mutable_actor()->set_authority(""); },
      [](auto& part) { part.mutable_actor()->add_units("x"); },
      [](auto& part) { part.mutable_actor()->set_acting_service("x"); },
      [](auto& part) { part.mutable_children()->SwapElements(0, 1); },
      [](auto& part) { part.mutable_children()->RemoveLast(); },
      [](auto& part) { part.add_children(""); },
      [](auto& part) { part.add_resources("x"); },
      [](auto& part) { part.set_legal_basis("x"); },
      [](auto& part) { part.set_trace_id("x"); },
      [](auto& part) { part.set_request_id("x"); },
      [](auto& part) { part.set_detail("x"); },
      [](auto& part) { part.add_risk_signs(v1::SAME_NAME); },
      [](auto& part) { part.add_risk_signs(v1::COLLEAGUE); },
      // Text that moves from a field to its neighbour.
      [](auto& part) {
        part.mutable_actor()->set_subject("ann");
        part.mutable_actor()->set_system("atreserva");
      },
      // Zeros that padding could hide.
      [](auto& part) { part.mutable_detail()->push_back('\0'); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::PrivatePart changed = SamplePart();
    changes[i](changed);
    EXPECT_TRUE(Differ(changed, SamplePart())) << i;
  }
  // A unit is not taken for the service that follows the units.
  v1::PrivatePart unit = SamplePart();
  unit.mutable_actor()->add_units("x");
  v1::PrivatePart service = SamplePart();
  service.mutable_actor()->set_acting_service("x");
  EXPECT_TRUE(Differ(unit, service));
  EXPECT_EQ(SamplePart().GetDescriptor()->field_count(), 9) << "a new field has to be committed to";
  EXPECT_EQ(SamplePart().actor().GetDescriptor()->field_count(), 7) << "a new field has to be committed to";
}

TEST(Commitments, DifferByEntrySaltTagAndPlaintext) {
  const std::string salt(32, 's');
  EntryId other = kEntryId;
  other[15] ^= 1;
  const std::set<Digest> digests = {
      Commit(CommitmentTag::kChild, kEntryId, salt, "a"),
      Commit(CommitmentTag::kChild, other, salt, "a"),
      Commit(CommitmentTag::kResource, kEntryId, salt, "a"),
      Commit(CommitmentTag::kChild, kEntryId, std::string(32, 't'), "a"),
      Commit(CommitmentTag::kChild, kEntryId, salt, std::string("a\0", 2)),
      Commit(CommitmentTag::kChild, kEntryId, SaltOf(CommitmentTag::kChild, salt, 0), "a"),
      Commit(CommitmentTag::kChild, kEntryId, SaltOf(CommitmentTag::kChild, salt, 1), "a"),
  };
  EXPECT_EQ(digests.size(), 7u);
}

// The same child in two entries, and twice in one, gives no two equal bytes strings.
TEST(Commitments, DoNotLinkAChildAcrossEntries) {
  v1::PrivatePart part = SamplePart();
  v1::Salts salts = SampleSalts();
  const Commitments first = CommitTo(kEntryId, part, salts);
  salts.set_subject(std::string(32, '\x0a'));
  salts.set_actor(std::string(32, '\x0b'));
  salts.set_detail(std::string(32, '\x0c'));
  const Commitments second = CommitTo(kEntryId, part, salts);
  const std::set<Digest> all = {first.subject, first.actor, first.detail, second.subject, second.actor, second.detail};
  EXPECT_EQ(all.size(), 6u);
}

// What one child's erasure leaves behind: its own commitment in place of its
// reference and salt. The list still proves the other child.
TEST(Commitments, ProveOneChildWithoutTheOther) {
  const std::string salt = SampleSalts().subject();
  const auto child = [&](uint32_t position, std::string_view reference) {
    const Digest digest =
        Commit(CommitmentTag::kChild, kEntryId, SaltOf(CommitmentTag::kChild, salt, position), reference);
    return std::string(digest.begin(), digest.end());
  };
  const std::string erased = child(0, "child-a");
  const std::string list = std::string("\0\0\0\x02", 4) + erased + child(1, "child-b");
  EXPECT_EQ(Commit(CommitmentTag::kSubject, kEntryId, SaltOf(CommitmentTag::kSubject, salt), list),
            SampleLeaf().subject);
}

TEST(Padding, HidesTheLengthWithinABucket) {
  EXPECT_EQ(Padded("").size(), 64u);
  EXPECT_EQ(Padded(std::string(64, 'x')).size(), 64u);
  EXPECT_EQ(Padded(std::string(65, 'x')).size(), 128u);
  EXPECT_EQ(Padded(std::string(1000, 'x')).size(), 1024u);
}

}  // namespace
}  // namespace samverkan::audit

#include "libs/paging/page_token.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/status/status.h"

namespace samverkan::paging {
namespace {

auth::Caller MakeAnna() {
  auth::Caller caller;
  caller.subject = "anna";
  caller.system = "treserva";
  caller.municipality = "0180";
  caller.authority = "socialnamnden";
  return caller;
}

// Bindings refer to their caller, so it has to outlive them.
const auth::Caller& Anna() {
  static const auth::Caller caller = MakeAnna();
  return caller;
}

Binding BindingOf(const auth::Caller& caller) {
  return {.method = "samverkan.x.v1.Service/List", .caller = caller, .filter = "child=a"};
}

PageTokens Tokens() { return PageTokens(std::string(32, 'k')); }

void ExpectRefused(const Binding& binding, const std::string& token) {
  const absl::StatusOr<std::string> cursor = Tokens().Open(binding, token);
  EXPECT_EQ(cursor.status().code(), absl::StatusCode::kInvalidArgument) << token;
  EXPECT_EQ(status::Reason(cursor.status()), "PAGE_TOKEN_INVALID");
  EXPECT_EQ(status::InvalidFields(cursor.status()), std::vector<std::string>{"page_token"});
}

TEST(PageTokens, OpensWhatItSealed) {
  for (const std::string& cursor : {std::string(), std::string("17"), std::string("a\0b\xff", 4)}) {
    const absl::StatusOr<std::string> opened =
        Tokens().Open(BindingOf(Anna()), Tokens().Seal(BindingOf(Anna()), cursor));
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(*opened, cursor);
  }
}

TEST(PageTokens, RefusesAnotherCallerMethodOrFilter) {
  const std::string token = Tokens().Seal(BindingOf(Anna()), "17");
  for (std::string auth::Caller::*field :
       {&auth::Caller::subject, &auth::Caller::system, &auth::Caller::municipality, &auth::Caller::authority}) {
    auth::Caller other = Anna();
    other.*field += "x";
    ExpectRefused(BindingOf(other), token);
  }
  Binding method = BindingOf(Anna());
  method.method = "samverkan.x.v1.Service/Search";
  ExpectRefused(method, token);
  Binding filter = BindingOf(Anna());
  filter.filter = "child=b";
  ExpectRefused(filter, token);
}

// Without lengths, ("ab", "c") and ("a", "bc") would sign the same bytes.
TEST(PageTokens, RefusesTextThatMovedFromOneFieldToTheNext) {
  auth::Caller caller = Anna();
  const std::string token = Tokens().Seal(BindingOf(caller), "17");
  caller.subject = "annat";
  caller.system = "reserva";
  ExpectRefused(BindingOf(caller), token);
}

TEST(PageTokens, RefusesEveryChangeAndCut) {
  const std::string token = Tokens().Seal(BindingOf(Anna()), "cursor-17");
  for (size_t i = 0; i < token.size(); ++i) {
    ExpectRefused(BindingOf(Anna()), token.substr(0, i));
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    ExpectRefused(BindingOf(Anna()), changed);
  }
  ExpectRefused(BindingOf(Anna()), token + "AAAA");
  ExpectRefused(BindingOf(Anna()), "not base64 !");
  ExpectRefused(BindingOf(Anna()), std::string(5000, 'A'));
}

TEST(PageTokens, RefusesATokenOfAnotherKey) {
  ExpectRefused(BindingOf(Anna()), PageTokens(std::string(32, 'x')).Seal(BindingOf(Anna()), "17"));
}

TEST(PageSize, FollowsAip158) {
  EXPECT_EQ(*PageSize(0), 100);
  EXPECT_EQ(*PageSize(1), 1);
  EXPECT_EQ(*PageSize(1000), 1000);
  EXPECT_EQ(*PageSize(5000), 1000);
  EXPECT_EQ(status::InvalidFields(PageSize(-1).status()), std::vector<std::string>{"page_size"});
}

}  // namespace
}  // namespace samverkan::paging

#include "agent/requests/once_cache.hpp"

#include <gtest/gtest.h>

#include "tests/support/start_time.hpp"

namespace shmbus::agent {
namespace {

using std::chrono::seconds;

const std::string kOnce = "0123456789abcdef";

// What is remembered, or null; fails the test on an error.
const EncodedOutcome* found(OnceCache& cache, const std::string& principal, const std::string& operation,
                            Clock::time_point now = kStart) {
  const auto result = cache.begin(principal, kOnce, operation, 10, now);
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return result ? *result : nullptr;
}

const std::variant<OperationResult, Error> kDone = OperationResult(PingResult{});

// Carries out a request that is new: returns the bytes of its outcome.
std::string carried_out(OnceCache& cache, const std::string& principal, const std::string& operation,
                        const std::variant<OperationResult, Error>& outcome = kDone) {
  EXPECT_EQ(found(cache, principal, operation), nullptr);
  return cache.remember(principal, kOnce, outcome, kStart).bytes;
}

TEST(OnceCache, ARepetitionGetsTheOutcomeOfTheFirst) {
  OnceCache cache{Limits{}};
  const std::string bytes = carried_out(cache, "uid:1", "create");
  const EncodedOutcome* const outcome = found(cache, "uid:1", "create");
  ASSERT_NE(outcome, nullptr);
  EXPECT_TRUE(outcome->ok);
  EXPECT_EQ(outcome->bytes, bytes);
}

TEST(OnceCache, AFailureIsRememberedToo) {
  OnceCache cache{Limits{}};
  carried_out(cache, "uid:1", "create", Error{.code = ErrorCode::kExists, .message = "it is there"});
  const EncodedOutcome* const outcome = found(cache, "uid:1", "create");
  ASSERT_NE(outcome, nullptr);
  EXPECT_FALSE(outcome->ok);
}

TEST(OnceCache, TheSameValueWithOtherFieldsIsABadRequest) {
  OnceCache cache{Limits{}};
  carried_out(cache, "uid:1", "create");
  const auto result = cache.begin("uid:1", kOnce, "remove", 10, kStart);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kBadRequest);
}

TEST(OnceCache, ARequestThatIsBeingCarriedOutDoesNotBeginAgain) {
  OnceCache cache{Limits{}};
  EXPECT_EQ(found(cache, "uid:1", "create"), nullptr);
  const auto again = cache.begin("uid:1", kOnce, "create", 10, kStart + seconds(3600));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kBusy);
}

TEST(OnceCache, ARequestThatWasNotCarriedOutMayBeginAgain) {
  OnceCache cache(Limits{}, 1, 10);
  EXPECT_EQ(found(cache, "uid:1", "create"), nullptr);
  cache.forget("uid:1", kOnce);
  carried_out(cache, "uid:1", "create");
  cache.forget("uid:1", kOnce);  // too late: it was carried out
  cache.forget("uid:1", "another-value-16");
  cache.forget("uid:2", kOnce);
  EXPECT_NE(found(cache, "uid:1", "create"), nullptr);
}

TEST(OnceCache, EachPrincipalHasItsOwnValues) {
  OnceCache cache(Limits{}, 1, 100);
  carried_out(cache, "uid:1", "create");
  EXPECT_EQ(found(cache, "uid:2", "remove"), nullptr);
}

TEST(OnceCache, AnOutcomeIsForgottenAfterItsLifetimeAndNotBefore) {
  OnceCache cache{Limits{}};
  carried_out(cache, "uid:1", "create");
  EXPECT_NE(found(cache, "uid:1", "create", kStart + seconds(59)), nullptr);
  EXPECT_EQ(found(cache, "uid:1", "other", kStart + seconds(60)), nullptr);
}

TEST(OnceCache, ANewValueBeyondTheLimitIsRefusedAndTheOldOnesStayUntilTheyExpire) {
  OnceCache cache(Limits{}, 1, 100);
  carried_out(cache, "uid:1", "create");
  const auto refused = cache.begin("uid:1", "another-value-16", "create", 10, kStart);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kLimitReached);
  EXPECT_NE(found(cache, "uid:1", "create"), nullptr);
  EXPECT_TRUE(cache.begin("uid:1", "another-value-16", "create", 10, kStart + seconds(60)));
}

TEST(OnceCache, ARefusalSaysHowLongValuesAreRemembered) {
  OnceCache cache(Limits{.once_lifetime = seconds(3600)}, 1, 100);
  carried_out(cache, "uid:1", "create");
  EXPECT_NE(found(cache, "uid:1", "create", kStart + seconds(3599)), nullptr);
  const auto refused = cache.begin("uid:1", "another-value-16", "create", 10, kStart);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("1 of at most 1 once values"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().hint.find("3600 s"), std::string::npos) << refused.error().hint;
}

TEST(OnceCache, RoomForTheLargestReplyMustBeThereBeforeTheRequestActs) {
  OnceCache cache(Limits{}, 10, 100);
  const std::size_t used = carried_out(cache, "uid:1", "create").size();
  const auto refused = cache.begin("uid:1", "another-value-16", "create", 101 - used, kStart);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kLimitReached);
  EXPECT_NE(refused.error().message.find(std::to_string(used) + " of at most 100 bytes"), std::string::npos)
      << refused.error().message;
  EXPECT_TRUE(cache.begin("uid:1", "another-value-16", "create", 100 - used, kStart));
}

}  // namespace
}  // namespace shmbus::agent

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
  const auto result = cache.find(principal, kOnce, operation, 10, now);
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return result ? *result : nullptr;
}

TEST(OnceCache, ARepetitionGetsTheOutcomeOfTheFirst) {
  OnceCache cache{Limits{}};
  EXPECT_EQ(found(cache, "uid:1", "create"), nullptr);
  cache.remember("uid:1", kOnce, "create", {.ok = true, .bytes = "result"}, kStart);
  const EncodedOutcome* const outcome = found(cache, "uid:1", "create");
  ASSERT_NE(outcome, nullptr);
  EXPECT_TRUE(outcome->ok);
  EXPECT_EQ(outcome->bytes, "result");
}

TEST(OnceCache, AFailureIsRememberedToo) {
  OnceCache cache{Limits{}};
  cache.remember("uid:1", kOnce, "create", {.ok = false, .bytes = "error"}, kStart);
  const EncodedOutcome* const outcome = found(cache, "uid:1", "create");
  ASSERT_NE(outcome, nullptr);
  EXPECT_FALSE(outcome->ok);
}

TEST(OnceCache, TheSameValueWithOtherFieldsIsABadRequest) {
  OnceCache cache{Limits{}};
  cache.remember("uid:1", kOnce, "create", {.ok = true, .bytes = "result"}, kStart);
  const auto result = cache.find("uid:1", kOnce, "remove", 10, kStart);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kBadRequest);
}

TEST(OnceCache, EachPrincipalHasItsOwnValues) {
  OnceCache cache(Limits{}, 1, 100);
  cache.remember("uid:1", kOnce, "create", {.ok = true, .bytes = "result"}, kStart);
  EXPECT_EQ(found(cache, "uid:2", "remove"), nullptr);
}

TEST(OnceCache, AnOutcomeIsForgottenAfterItsLifetimeAndNotBefore) {
  OnceCache cache{Limits{}};
  cache.remember("uid:1", kOnce, "create", {.ok = true, .bytes = "result"}, kStart);
  EXPECT_NE(found(cache, "uid:1", "create", kStart + seconds(59)), nullptr);
  EXPECT_EQ(found(cache, "uid:1", "create", kStart + seconds(60)), nullptr);
  EXPECT_EQ(found(cache, "uid:1", "other", kStart + seconds(61)), nullptr);
}

TEST(OnceCache, ANewValueBeyondTheLimitIsRefusedAndTheOldOnesStayUntilTheyExpire) {
  OnceCache cache(Limits{}, 1, 100);
  cache.remember("uid:1", kOnce, "create", {.ok = true, .bytes = "result"}, kStart);
  const auto refused = cache.find("uid:1", "another-value-16", "create", 10, kStart);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kLimitReached);
  EXPECT_NE(found(cache, "uid:1", "create"), nullptr);
  EXPECT_TRUE(cache.find("uid:1", "another-value-16", "create", 10, kStart + seconds(60)));
}

TEST(OnceCache, ARefusalSaysHowLongValuesAreRemembered) {
  OnceCache cache(Limits{.once_lifetime = seconds(3600)}, 1, 100);
  cache.remember("uid:1", kOnce, "create", {.ok = true, .bytes = "result"}, kStart);
  EXPECT_NE(found(cache, "uid:1", "create", kStart + seconds(3599)), nullptr);
  const auto refused = cache.find("uid:1", "another-value-16", "create", 10, kStart);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("1 of at most 1 once values"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().hint.find("3600 s"), std::string::npos) << refused.error().hint;
}

TEST(OnceCache, RoomForTheLargestReplyMustBeThereBeforeTheRequestActs) {
  OnceCache cache(Limits{}, 10, 100);
  cache.remember("uid:1", kOnce, "create", {.ok = true, .bytes = std::string(60, 'x')}, kStart);
  EXPECT_TRUE(cache.find("uid:1", "another-value-16", "create", 40, kStart));
  const auto refused = cache.find("uid:1", "another-value-16", "create", 41, kStart);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kLimitReached);
  EXPECT_NE(refused.error().message.find("60 of at most 100 bytes"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(cache.find("uid:1", "another-value-16", "create", 100, kStart + seconds(60)));
}

}  // namespace
}  // namespace shmbus::agent

#include "agent/requests/unread_replies.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shmbus::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kMost = 800;
constexpr ConnectionId kOne{.fd = 5, .cookie = 1};
constexpr ConnectionId kTwo{.fd = 6, .cookie = 2};

TEST(UnreadReplies, AreCountedForEachPrincipal) {
  UnreadReplies replies(kMost);
  replies.counter_of("a")->bytes += kMost;
  EXPECT_EQ(replies.counter_of("a")->bytes, kMost);
  EXPECT_TRUE(replies.is_much(*replies.counter_of("a")));
  EXPECT_FALSE(replies.is_much(*replies.counter_of("b")));
}

TEST(UnreadReplies, BeyondTheLimitNameTheConnectionsThatGotThem) {
  UnreadReplies replies(kMost);
  replies.counter_of("a")->bytes = kMost;
  EXPECT_THAT(replies.sending("a", kOne), IsEmpty());
  EXPECT_THAT(replies.sending("a", kTwo), IsEmpty());
  EXPECT_THAT(replies.sending("a", kOne), IsEmpty());
  replies.counter_of("a")->bytes += 1;
  EXPECT_THAT(replies.sending("a", kOne), ElementsAre(kOne, kTwo));
  EXPECT_THAT(replies.sending("a", kTwo), ElementsAre(kTwo)) << "those that were cut are not named again";
}

TEST(UnreadReplies, AreForgottenWhenAllIsRead) {
  UnreadReplies replies(kMost);
  const std::shared_ptr<UnreadBytes> unread = replies.counter_of("a");
  unread->bytes = 1;
  static_cast<void>(replies.counter_of("b"));
  replies.forget_idle();
  EXPECT_EQ(replies.principals(), 1U);
  unread->bytes = 0;
  replies.forget_idle();
  EXPECT_EQ(replies.principals(), 0U);
  unread->bytes += 1;  // the counter outlives its principal
}

}  // namespace
}  // namespace shmbus::agent

#include "agent/config/limits.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace shmbus::agent {
namespace {

std::string text_of_file(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string of(auto limit) { return std::to_string(limit); }

TEST(TheFixedLimits, AreInTheTableOfTheSecurityPage) {
  const std::string page = text_of_file(SHMBUS_SOURCE_DIR "/deploy/SECURITY.md");
  EXPECT_EQ(kMaxOnceBytes, 16U << 20U);
  EXPECT_EQ(kMaxQueuedBytes, 16U << 20U);
  EXPECT_EQ(kMaxUnreadBytes, 64U << 20U);
  for (const std::string& row : {
           "| time for a new connection to identify itself | fixed | " + of(Limits{}.handshake.count()) + " ms |",
           "| connections that wait to be accepted | fixed | " + of(Limits{}.backlog) + " |",
           "the hard one permitting | fixed | " + of(kOpenFiles) + " |",
           "the empty one included | fixed | " + of(kMaxEnvelopeParts) + " |",
           "queued for one client | fixed | " + of(kRequestQueue) + ", " + of(kReplyQueue) + " |",
           "further ones are `busy` | fixed | " + of(kMaxQueuedRequests) + ", 16 MiB |",
           "between its requests | fixed | " + of(kBatchAlone.count()) + " ms |",
           std::string("then its connections are cut | fixed | 64 MiB |"),
           "the agent's own user | fixed | " + of(kReservedConnections) + " |",
           "then its connections are cut | fixed | " + of(static_cast<int>(kSubscriptionBurst)) + ", " +
               of(static_cast<int>(kSubscriptionsPerSecond)) + " |",
           "have their turn | fixed | " + of(Limits{}.turn.count()) + " ms |",
           "of one message from a subscriber | fixed | " + of(kMaxSubscriptionMessageBytes) + " |",
           "queued for one subscriber, then dropped | fixed | " + of(kEventQueue) + " |",
           "bytes of their replies | fixed | " + of(kMaxOnceValues) + ", 16 MiB |",
           "| endpoints of each kind | fixed | " + of(kMaxEndpoints) + " |",
           "when the agent stops | fixed | " + of(Limits{}.linger.count()) + " ms |",
       }) {
    EXPECT_NE(page.find(row + '\n'), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace shmbus::agent

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
  EXPECT_EQ(limits::kMaxMessageBytes, (1U << 20U) + (64U << 10U));
  EXPECT_EQ(kMaxOnceBytes, 16U << 20U);
  for (const std::string& row : {
           "| time for a connection to say who it is | fixed | " + of(Limits{}.handshake.count()) + " ms |",
           std::string("before memory is taken | fixed | 1 MiB + 64 KiB |"),
           "the request itself is one | fixed | " + of(kMaxEnvelopeParts) + " |",
           "of one array | fixed | " + of(limits::kMaxRequestDepth) + ", " + of(limits::kMaxMapEntries) + ", " +
               of(limits::kMaxArrayEntries) + " |",
           "queued for one client | fixed | " + of(kRequestQueue) + ", " + of(kReplyQueue) + " |",
           "queued for one subscriber, then dropped | fixed | " + of(kEventQueue) + " |",
           "bytes of their replies | fixed | " + of(kMaxOnceValues) + ", 16 MiB |",
           "| endpoints of each kind | fixed | " + of(kMaxEndpoints) + " |",
       }) {
    EXPECT_NE(page.find(row + '\n'), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace shmbus::agent

#include "agent/config/config.hpp"

#include <gtest/gtest.h>

namespace shmbus::agent {
namespace {

TEST(CheckEndpoints, RefusesOneTwiceAndTooMany) {
  Config config;
  config.commands = {"ipc:///run/a"};
  config.events = {"ipc:///run/b"};
  EXPECT_TRUE(check_endpoints(config));
  config.events.push_back("ipc:///run/a");
  EXPECT_NE(check_endpoints(config).error().message.find("ipc:///run/a is given twice"), std::string::npos);
  config.events.clear();
  for (std::size_t i = 0; i <= kMaxEndpoints; ++i) {
    config.events.push_back("ipc:///run/" + std::to_string(i));
  }
  EXPECT_NE(check_endpoints(config).error().message.find("at most 16"), std::string::npos);
}

}  // namespace
}  // namespace shmbus::agent

#include "agent/config.hpp"

#include <gtest/gtest.h>

namespace shmbus::agent {
namespace {

constexpr bool kInsecure = true;
constexpr bool kSecure = false;

std::string refusal_of(const std::string& endpoint, bool insecure_tcp) {
  const Result<void> checked = check_endpoint(endpoint, insecure_tcp);
  if (checked) {
    return "";
  }
  EXPECT_EQ(checked.error().code, ErrorCode::kBadRequest);
  EXPECT_NE(checked.error().message.find(endpoint), std::string::npos) << checked.error().message;
  return checked.error().message + checked.error().hint;
}

TEST(CheckEndpoint, AnAbsoluteIpcPathIsFine) { EXPECT_EQ(refusal_of("ipc:///run/shmbus/commands.sock", kSecure), ""); }

TEST(CheckEndpoint, AnIpcPathMayBeAsLongAsASocketsNameAndNoLonger) {
  EXPECT_EQ(refusal_of("ipc:///" + std::string(106, 'x'), kSecure), "");
  EXPECT_NE(refusal_of("ipc:///" + std::string(107, 'x'), kSecure).find("108 bytes"), std::string::npos);
}

TEST(CheckEndpoint, AbstractRelativeAndEmptyIpcAddressesAreRefused) {
  for (const char* const endpoint : {"ipc://", "ipc://@abstract", "ipc://relative.sock", "ipc://*"}) {
    EXPECT_NE(refusal_of(endpoint, kInsecure), "") << endpoint;
  }
}

TEST(CheckEndpoint, TcpIsRefusedUnlessItIsAskedForAndTheHintSaysHow) {
  EXPECT_NE(refusal_of("tcp://127.0.0.1:5555", kSecure).find("--insecure-tcp"), std::string::npos);
  EXPECT_EQ(refusal_of("tcp://127.0.0.1:5555", kInsecure), "");
  EXPECT_EQ(refusal_of("tcp://[::1]:5555", kInsecure), "");
}

TEST(CheckEndpoint, TcpBeyondLoopbackIsNeverServed) {
  for (const char* const endpoint :
       {"tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://192.168.0.1:5555", "tcp://eth0:5555", "tcp://[::]:5555",
        "tcp://127.example.org:5555", "tcp://127.0.0.1;0.0.0.0:5555", "tcp://localhost.example.org:5555", "tcp://"}) {
    EXPECT_NE(refusal_of(endpoint, kInsecure), "") << endpoint;
  }
}

TEST(CheckEndpoint, APortIsANumberOrAny) {
  EXPECT_EQ(refusal_of("tcp://127.0.0.1:*", kInsecure), "");
  for (const char* const port : {"99999", "0", "x", "", "-1", "5555x"}) {
    EXPECT_NE(refusal_of("tcp://127.0.0.1:" + std::string(port), kInsecure), "") << port;
  }
}

TEST(CheckEndpoints, RefusesOneTwiceAndTooMany) {
  Config config;
  config.commands = {"ipc:///run/a"};
  config.events = {"ipc:///run/b"};
  EXPECT_TRUE(check_endpoints(config));
  config.events.push_back("ipc:///run/a");
  EXPECT_NE(check_endpoints(config).error().message.find("ipc:///run/a is refused: it is given twice"),
            std::string::npos);
  config.events.clear();
  for (std::size_t i = 0; i <= config.limits.endpoints; ++i) {
    config.events.push_back("ipc:///run/" + std::to_string(i));
  }
  EXPECT_NE(check_endpoints(config).error().message.find("at most 16"), std::string::npos);
}

TEST(CheckEndpoint, OtherTransportsAreRefused) {
  for (const char* const endpoint : {"", "inproc://x", "udp://127.0.0.1:1", "vmci://1:1", "/run/x.sock", "IPC:///x"}) {
    EXPECT_NE(refusal_of(endpoint, kInsecure), "") << endpoint;
  }
}

}  // namespace
}  // namespace shmbus::agent

#include "agent/config/endpoint.hpp"

#include <gtest/gtest.h>

namespace shmbus::agent {
namespace {

constexpr TcpMode kInsecure = TcpMode::kInsecure;
constexpr TcpMode kSecure = TcpMode::kRefused;

std::string refusal_of(const std::string& endpoint, TcpMode tcp) {
  const Result<void> checked = check_address(endpoint, tcp);
  if (checked) {
    return "";
  }
  EXPECT_EQ(checked.error().code, ErrorCode::kBadRequest);
  EXPECT_NE(checked.error().message.find(endpoint), std::string::npos) << checked.error().message;
  return checked.error().message + checked.error().hint;
}

TEST(AnAddress, MayBeAnAbsoluteIpcPath) { EXPECT_EQ(refusal_of("ipc:///run/shmbus/commands.sock", kSecure), ""); }

TEST(AnAddress, MayBeAnIpcPathAsLongAsASocketsNameAndNoLonger) {
  EXPECT_EQ(refusal_of("ipc:///" + std::string(106, 'x'), kSecure), "");
  EXPECT_NE(refusal_of("ipc:///" + std::string(107, 'x'), kSecure).find("108 bytes"), std::string::npos);
}

TEST(AnAddress, IsRefusedIfItIsAnAbstractRelativeOrEmptyIpcOne) {
  for (const char* const endpoint : {"ipc://", "ipc://@abstract", "ipc://relative.sock", "ipc://*"}) {
    EXPECT_NE(refusal_of(endpoint, kInsecure), "") << endpoint;
  }
}

TEST(AnAddress, IsNoTcpOneUnlessThatIsAskedForAndTheHintSaysHow) {
  EXPECT_NE(refusal_of("tcp://127.0.0.1:5555", kSecure).find("--insecure-tcp"), std::string::npos);
  EXPECT_EQ(refusal_of("tcp://127.0.0.1:5555", kInsecure), "");
  EXPECT_EQ(refusal_of("tcp://[::1]:5555", kInsecure), "");
}

TEST(AnAddress, IsNotBeyondLoopbackWhereNobodySaysWhoAsks) {
  for (const char* const endpoint :
       {"tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://192.168.0.1:5555", "tcp://eth0:5555", "tcp://[::]:5555",
        "tcp://127.example.org:5555", "tcp://127.0.0.1;0.0.0.0:5555", "tcp://localhost.example.org:5555", "tcp://"}) {
    EXPECT_NE(refusal_of(endpoint, kInsecure), "") << endpoint;
  }
}

TEST(AnAddress, HasANumberAsItsPortOrAny) {
  EXPECT_EQ(refusal_of("tcp://127.0.0.1:*", kInsecure), "");
  for (const char* const port : {"99999", "0", "x", "", "-1", "5555x"}) {
    EXPECT_NE(refusal_of("tcp://127.0.0.1:" + std::string(port), kInsecure), "") << port;
  }
}

TEST(AnAddress, IsOfNoOtherTransport) {
  for (const char* const endpoint : {"", "inproc://x", "udp://127.0.0.1:1", "vmci://1:1", "/run/x.sock", "IPC:///x"}) {
    EXPECT_NE(refusal_of(endpoint, kInsecure), "") << endpoint;
  }
}

TEST(AnAddress, MayBeAnyTcpOneWithKeys) {
  for (const char* const endpoint : {"tcp://*:5555", "tcp://192.0.2.1:5555", "tcp://eth0:5555"}) {
    EXPECT_EQ(refusal_of(endpoint, TcpMode::kCurve), "") << endpoint;
  }
}

TEST(AnEndpoint, IsPrivateUnlessOthersMayConnect) {
  const auto transport = [](const char* address, mode_t mode, TcpMode tcp) {
    return endpoint_of(address, {.mode = mode, .group = {}}, tcp).transport;
  };
  EXPECT_EQ(transport("ipc:///run/a", 0600, kSecure), Transport::kPrivate);
  EXPECT_EQ(transport("ipc:///run/a", 0620, kSecure), Transport::kLocal);
  EXPECT_EQ(transport("ipc:///run/a", 0602, kSecure), Transport::kLocal);
  EXPECT_EQ(transport("tcp://127.0.0.1:1", 0600, kInsecure), Transport::kInsecure);
  EXPECT_EQ(transport("tcp://127.0.0.1:1", 0600, TcpMode::kCurve), Transport::kCurve);
}

}  // namespace
}  // namespace shmbus::agent

#include "agent/access/authenticator.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "agent/system/process.hpp"

namespace shmbus::agent {
namespace {

const Identity kNobody{.uid = 65534, .gid = 65534, .groups = {}, .capabilities = 0};

class AuthenticatorTest : public ::testing::Test {
 protected:
  static std::string own_address() {
    return "localhost:" + std::to_string(::geteuid()) + ":" + std::to_string(::getegid()) + ":" +
           std::to_string(::getpid());
  }

  const OwnRights own{.identity = process_rights(::getpid())->identity, .can_switch = true};
  AuthorizedKeys keys;
  Authenticator authenticator{own, kNobody, 3, keys};
  Clock::time_point now{std::chrono::hours(1)};
};

TEST_F(AuthenticatorTest, WhoComesByTcpWithoutAKeyIsServedAsNobody) {
  const auto [caller, refusal, rate] = authenticator.admit(Transport::kInsecure, own_address(), now);
  EXPECT_EQ(refusal, nullptr);
  EXPECT_EQ(caller.principal, kAnonymous);
  EXPECT_FALSE(caller.uid);
  EXPECT_EQ(caller.identity, kNobody);
  EXPECT_NE(rate, nullptr);
}

TEST_F(AuthenticatorTest, AKeyThatIsNotInTheRingIsRefusedEvenOnAConnectionThatIsThere) {
  const auto [caller, refusal, rate] = authenticator.admit(Transport::kCurve, std::string(40, '0'), now);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(caller.principal, kAnonymous);
}

constexpr std::uint32_t kSomebody = 4711;

TEST_F(AuthenticatorTest, WhoIsRefusedIsNamedAsFarAsTheKernelTells) {
  const auto [caller, refusal, rate] =
      authenticator.admit(Transport::kLocal, "localhost:" + std::to_string(kSomebody) + ":7:0", now);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(caller.uid, kSomebody);
  EXPECT_EQ(caller.pid, 0) << "in a pid namespace that can't be seen from here";
}

TEST_F(AuthenticatorTest, WhoAsksTooOftenIsBusyForAWhileWhereOthersAreServedToo) {
  const auto is_let_in = [&](Transport transport, Clock::time_point when) {
    return authenticator.admit(transport, own_address(), when).refusal == nullptr;
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(is_let_in(Transport::kLocal, now));
  }
  const auto [caller, refusal, rate] = authenticator.admit(Transport::kLocal, own_address(), now);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->code, ErrorCode::kBusy);
  EXPECT_NE(refusal->message.find("exceeds 3 requests per second"), std::string::npos);
  EXPECT_EQ(caller.uid, ::geteuid());
  EXPECT_TRUE(is_let_in(Transport::kInsecure, now));  // another one is not
  EXPECT_TRUE(is_let_in(Transport::kPrivate, now));
  EXPECT_EQ(authenticator.admit(Transport::kPrivate, own_address(), now).rate, nullptr);
  EXPECT_TRUE(is_let_in(Transport::kLocal, now + std::chrono::seconds(1)));
}

TEST_F(AuthenticatorTest, WithoutTheKernelsWordWhoReachesAPrivateSocketIsOurOwnUser) {
  authenticator.take_peers_for(own.identity);
  EXPECT_EQ(authenticator.admit(Transport::kPrivate, "", now).caller.uid, ::geteuid());
}

}  // namespace
}  // namespace shmbus::agent

#include "agent/access/admission.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "agent/kernel/process.hpp"

namespace shmbus::agent {
namespace {

const Identity kNobody{.uid = 65534, .gid = 65534, .groups = {}, .capabilities = 0};

class AdmissionTest : public ::testing::Test {
 protected:
  static std::string own_address() {
    return "localhost:" + std::to_string(::geteuid()) + ":" + std::to_string(::getegid()) + ":" +
           std::to_string(::getpid());
  }

  const OwnRights own{.identity = process_rights(::getpid())->identity, .can_switch = true};
  KeyRing keys;
  Admission admission{own, kNobody, 3, keys};
  Admission::Clock::time_point now{std::chrono::hours(1)};
};

TEST_F(AdmissionTest, WhoComesByTcpWithoutAKeyIsServedAsNobody) {
  const Result<Caller>& caller = admission.admit(Transport::kInsecure, own_address(), now);
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->principal, kAnonymous);
  EXPECT_FALSE(caller->uid);
  EXPECT_EQ(caller->identity, kNobody);
}

TEST_F(AdmissionTest, AKeyThatIsNotInTheRingIsRefusedEvenOnAConnectionThatIsThere) {
  const Result<Caller>& caller = admission.admit(Transport::kCurve, std::string(40, '0'), now);
  ASSERT_FALSE(caller.ok());
  EXPECT_EQ(caller.error().code, ErrorCode::kPermissionDenied);
}

TEST_F(AdmissionTest, WhoAsksTooOftenIsBusyForAWhileWhereOthersAreServedToo) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(admission.admit(Transport::kLocal, own_address(), now).ok());
  }
  const Result<Caller>& refused = admission.admit(Transport::kLocal, own_address(), now);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kBusy);
  EXPECT_NE(refused.error().message.find("more than 3 times a second"), std::string::npos);
  EXPECT_TRUE(admission.admit(Transport::kInsecure, "", now).ok());  // another one is not
  EXPECT_TRUE(admission.admit(Transport::kPrivate, own_address(), now).ok());
  EXPECT_TRUE(admission.admit(Transport::kLocal, own_address(), now + std::chrono::seconds(1)).ok());
}

TEST_F(AdmissionTest, WithoutTheKernelsWordWhoReachesAPrivateSocketIsOurOwnUser) {
  admission.take_peers_for(own.identity);
  EXPECT_EQ(admission.admit(Transport::kPrivate, "", now)->uid, ::geteuid());
}

}  // namespace
}  // namespace shmbus::agent

#include "agent/access/local_callers.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/kernel/host_facts.hpp"
#include "agent/system/process.hpp"

namespace shmbus::agent {
namespace {

std::string address_of(std::uint32_t uid, std::uint32_t gid, std::int32_t pid) {
  return "localhost:" + std::to_string(uid) + ":" + std::to_string(gid) + ":" + std::to_string(pid);
}

Identity own_identity() { return process_rights(::getpid())->identity; }

// A process of ours that does nothing until it is ended.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ == 0) {
      for (;;) {
        ::pause();
      }
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }

  void end() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      pid_ = -1;
    }
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

class LocalCallersTest : public ::testing::Test {
 protected:
  LocalCallersTest() : own(own_identity()), callers({.identity = own, .can_switch = true}) {}

  const Identity own;
  LocalCallers callers;
  Clock::time_point now{std::chrono::hours(1)};
};

TEST_F(LocalCallersTest, ACallerHasTheGroupsOfItsProcess) {
  const Result<Caller>& caller = callers.find(address_of(own.uid, own.gid, ::getpid()), Transport::kLocal, now);
  ASSERT_TRUE(caller.ok()) << caller.error().message;
  EXPECT_EQ(caller->principal, "uid:" + std::to_string(own.uid));
  EXPECT_EQ(caller->identity->uid, own.uid);
  EXPECT_EQ(caller->comm, process_name(::getpid()));
  EXPECT_EQ(caller->identity->groups, own.groups);
  EXPECT_EQ(caller->identity->capabilities, own.uid == 0 ? own.capabilities : 0);
}

TEST_F(LocalCallersTest, OfAProcessThatIsGoneOnlyThePrimaryGroupIsLeftAfterASecond) {
  Child child;
  const std::string address = address_of(own.uid, own.gid, child.pid());
  EXPECT_EQ(callers.find(address, Transport::kLocal, now)->identity->groups, own.groups);
  child.end();
  EXPECT_EQ(callers.find(address, Transport::kLocal, now + std::chrono::milliseconds(999))->identity->groups,
            own.groups);
  const Identity left = *callers.find(address, Transport::kLocal, now + std::chrono::seconds(1))->identity;
  EXPECT_EQ(left, (Identity{.uid = own.uid, .gid = own.gid, .groups = {}, .capabilities = 0}));
}

TEST_F(LocalCallersTest, AProcessOfAnotherUserIsNotTheOneThatConnected) {
  if (own.uid != 0) {
    GTEST_SKIP() << "needs root";
  }
  const Identity left = *callers.find(address_of(1234, 1235, ::getpid()), Transport::kLocal, now)->identity;
  EXPECT_EQ(left, (Identity{.uid = 1234, .gid = 1235, .groups = {}, .capabilities = 0}));
  EXPECT_FALSE(callers.find(address_of(1234, 1235, ::getpid()), Transport::kLocal, now)->comm);
}

TEST_F(LocalCallersTest, WhoCannotBeToldFromOthersIsRefused) {
  for (const std::string& address :
       {address_of(1000, 1000, 0), address_of(own.uid, own.gid, 0), std::string("127.0.0.1"), std::string()}) {
    const Result<Caller>& caller = callers.find(address, Transport::kLocal, now);
    ASSERT_FALSE(caller.ok()) << address;
    EXPECT_EQ(caller.error().code, ErrorCode::kPermissionDenied);
    EXPECT_FALSE(caller.error().hint.empty());
  }
}

TEST_F(LocalCallersTest, TheOverflowUidIsAUserWhereNoUidIsLacking) {
  const Result<Caller>& caller = callers.find(address_of(overflow_uid(), 1000, 0x7ffffff0), Transport::kLocal, now);
  EXPECT_EQ(caller.ok(), maps_all_uids());
}

// To the kernel it has pid 0.
TEST_F(LocalCallersTest, OurOwnUserIsServedFromAnyPidNamespaceAtAPrivateSocketWithoutGroupsAndCapabilities) {
  const Result<Caller>& caller = callers.find(address_of(own.uid, own.gid, 0), Transport::kPrivate, now);
  ASSERT_TRUE(caller.ok()) << caller.error().message;
  EXPECT_EQ(*caller->identity, (Identity{.uid = own.uid, .gid = own.gid, .groups = {}, .capabilities = 0}));
  EXPECT_FALSE(caller->pid) << "nothing is known of its process";
  EXPECT_FALSE(callers.find(address_of(own.uid, own.gid, 0), Transport::kLocal, now).ok()) << "nor at once elsewhere";
  EXPECT_FALSE(callers.find(address_of(own.uid + 1, own.gid, 0), Transport::kPrivate, now).ok());
}

TEST_F(LocalCallersTest, AnAgentThatCannotSwitchServesItsOwnUserAndRootWithItsIdsAndNoMore) {
  LocalCallers narrow(
      {.identity = {.uid = 1234, .gid = 1234, .groups = {}, .capabilities = 0xff}, .can_switch = false});
  const Identity plain{.uid = 1234, .gid = 1234, .groups = {}, .capabilities = 0};
  EXPECT_EQ(narrow.find(address_of(1234, 1234, 0x7ffffff0), Transport::kPrivate, now)->identity, plain);
  EXPECT_EQ(narrow.find(address_of(0, 0, 0x7ffffff0), Transport::kPrivate, now)->identity, plain);
  const Result<Caller>& other = narrow.find(address_of(1235, 1235, 0x7ffffff0), Transport::kPrivate, now);
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().message.find("serves its own uid 1234 only"), std::string::npos);
}

TEST_F(LocalCallersTest, ManyCallersAreNotKeptForEver) {
  for (std::int32_t pid = 1; pid < 10'000; ++pid) {
    static_cast<void>(callers.find(address_of(1000, 1000, 0x70000000 + pid), Transport::kLocal, now));
  }
  EXPECT_TRUE(callers.find(address_of(own.uid, own.gid, ::getpid()), Transport::kLocal, now).ok());
}

}  // namespace
}  // namespace shmbus::agent

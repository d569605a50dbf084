#include "agent/kernel/credentials.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <future>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace shmbus::agent {
namespace {

const Identity kBob{.uid = 1234, .gid = 1235, .groups = {7, 1236}, .capabilities = 0};
const Identity kCarol{.uid = 1234, .gid = 1235, .groups = {1235}, .capabilities = 0};

// What /proc says of a thread: its ids, groups and capabilities.
struct Shown {
  std::string uids;
  std::string gids;
  std::string groups;
  std::string effective;
};

Shown shown(pid_t thread) {
  Shown shown;
  std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/status");
  for (std::string line; std::getline(status, line);) {
    for (const auto& [name, value] :
         {std::pair{"Uid:\t", &shown.uids}, std::pair{"Gid:\t", &shown.gids}, std::pair{"Groups:\t", &shown.groups},
          std::pair{"CapEff:\t", &shown.effective}}) {
      if (line.starts_with(name)) {
        *value = line.substr(std::string(name).size());
      }
    }
  }
  return shown;
}

bool operator==(const Shown& a, const Shown& b) {
  return a.uids == b.uids && a.gids == b.gids && a.groups == b.groups && a.effective == b.effective;
}

constexpr const char* kNone = " ";  // no groups, as shown

// Fails the call of this number, counted from 1; 0: none.
class FailingCalls final : public CredentialCalls {
 public:
  int fail_at = 0;

  int set_groups(const std::vector<gid_t>& groups) override {
    return fails() ? ENOMEM : CredentialCalls::set_groups(groups);
  }
  int set_effective_gid(gid_t gid) override { return fails() ? EPERM : CredentialCalls::set_effective_gid(gid); }
  int set_effective_uid(uid_t uid) override { return fails() ? EAGAIN : CredentialCalls::set_effective_uid(uid); }
  int set_effective_capabilities(CapabilitySet effective) override {
    return fails() ? EPERM : CredentialCalls::set_effective_capabilities(effective);
  }

  void start_counting() { calls_ = 0; }
  [[nodiscard]] int calls() const { return calls_; }

 private:
  bool fails() { return ++calls_ == fail_at; }

  int calls_ = 0;
};

// In a thread that has these groups when the credentials are made, whose call number `fail_at` fails.
void in_thread_with_groups(const std::vector<gid_t>& groups, int fail_at,
                           const std::function<void(Credentials&, FailingCalls&)>& check) {
  std::thread([&] {
    ASSERT_EQ(::syscall(SYS_setgroups, groups.size(), groups.data()), 0);
    FailingCalls calls;
    calls.fail_at = fail_at;
    Credentials credentials(calls);
    check(credentials, calls);
  }).join();
}

class CredentialsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!credentials.can_switch()) {
      GTEST_SKIP() << "only with CAP_SETUID, CAP_SETGID and a user 65534";
    }
  }

  FailingCalls calls;
  Credentials credentials{calls};
};

TEST_F(CredentialsTest, TheCallRunsAsTheOtherAndWhatFollowsAsOurselves) {
  const Shown before = shown(::gettid());
  const Result<Shown> during = credentials.run_as(kBob, [] { return shown(::gettid()); });
  ASSERT_TRUE(during.ok());
  EXPECT_EQ(during->uids, "0\t1234\t0\t1234");
  EXPECT_EQ(during->gids, "0\t1235\t0\t1235");
  EXPECT_EQ(during->groups, "7 1236 ");
  EXPECT_EQ(during->effective, "0000000000000000");
  EXPECT_TRUE(shown(::gettid()) == before);
}

TEST_F(CredentialsTest, WhereWeHaveNoGroupButOurOwnNoneAreSetForWhoHasNoneEither) {
  in_thread_with_groups({::getegid()}, 0, [](Credentials& switching, FailingCalls& counted) {
    EXPECT_EQ(shown(::gettid()).groups, kNone);
    counted.start_counting();
    const Result<Shown> during = switching.run_as(kCarol, [] { return shown(::gettid()); });
    EXPECT_EQ(during->gids, "0\t1235\t0\t1235");
    EXPECT_EQ(during->groups, kNone);
    EXPECT_EQ(counted.calls(), 4);  // the gid and the uid, there and back
    EXPECT_EQ(switching.run_as(kBob, [] { return shown(::gettid()); })->groups, "7 1236 ");
    EXPECT_EQ(shown(::gettid()).groups, kNone);
  });
}

TEST_F(CredentialsTest, NobodyHasOurGroups) {
  in_thread_with_groups({7}, 0, [](Credentials& switching, FailingCalls& /*calls*/) {
    EXPECT_EQ(switching.run_as(kCarol, [] { return shown(::gettid()); })->groups, "1235 ");
    EXPECT_EQ(shown(::gettid()).groups, "7 ");
  });
}

TEST_F(CredentialsTest, NobodyHasAGroupThatWeCouldNotGiveUp) {
  in_thread_with_groups({::getegid()}, 1, [](Credentials& switching, FailingCalls& /*calls*/) {
    const std::string own = shown(::gettid()).groups;
    EXPECT_EQ(own, std::to_string(::getegid()) + ' ');
    EXPECT_EQ(switching.run_as(kCarol, [] { return shown(::gettid()); })->groups, "1235 ");
    EXPECT_EQ(shown(::gettid()).groups, own);
  });
}

TEST_F(CredentialsTest, RootWithFewCapabilitiesHasNoMore) {
  Identity few = credentials.own();
  few.capabilities = CapabilitySet{1} << 15U;  // CAP_IPC_OWNER
  EXPECT_EQ(credentials.run_as(few, [] { return shown(::gettid()).effective; }).value(), "0000000000008000");
  few.capabilities = ~CapabilitySet{0};  // never more than ours
  const std::string own = shown(::gettid()).effective;
  EXPECT_EQ(credentials.run_as(few, [] { return shown(::gettid()).effective; }).value(), own);
  EXPECT_EQ(shown(::gettid()).effective, own);
}

TEST_F(CredentialsTest, OtherThreadsStayWhoTheyAre) {
  std::promise<pid_t> started;
  std::promise<void> end;
  std::thread other([&] {
    started.set_value(::gettid());
    end.get_future().wait();
  });
  const pid_t thread = started.get_future().get();
  const Shown before = shown(thread);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(credentials.run_as(kBob, [&] { return shown(thread); }).value() == before);
  }
  end.set_value();
  other.join();
}

TEST_F(CredentialsTest, TheErrnoIsThatOfTheCall) {
  const Result<int> result = credentials.run_as(kBob, [] {
    errno = EIDRM;
    return -1;
  });
  EXPECT_EQ(errno, EIDRM);
  EXPECT_EQ(result.value(), -1);
}

TEST_F(CredentialsTest, AnExceptionComesBackTooAsOurselves) {
  const Shown before = shown(::gettid());
  const auto throws = []() -> int { throw std::bad_alloc(); };
  EXPECT_THROW(static_cast<void>(credentials.run_as(kBob, throws)), std::bad_alloc);
  EXPECT_TRUE(shown(::gettid()) == before);
}

TEST_F(CredentialsTest, IfAStepFailsNothingIsCalledAndNothingIsChanged) {
  calls.start_counting();
  ASSERT_TRUE(credentials.run_as(kBob, [] { return 0; }).ok());
  const int steps = calls.calls() / 2;  // half of them lead there
  ASSERT_GE(steps, 3);
  const Shown before = shown(::gettid());
  for (int step = 1; step <= steps; ++step) {
    calls.start_counting();
    calls.fail_at = step;
    bool called = false;
    const Result<int> result = credentials.run_as(kBob, [&] {
      called = true;
      return 0;
    });
    ASSERT_FALSE(result.ok());
    EXPECT_NE(result.error().errno_value, 0);
    EXPECT_NE(result.error().message.find("cannot switch to uid 1234"), std::string::npos);
    EXPECT_FALSE(called);
    EXPECT_TRUE(shown(::gettid()) == before) << step;
  }
}

TEST_F(CredentialsTest, IfTheWayBackFailsTheProcessEnds) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  calls.start_counting();
  ASSERT_TRUE(credentials.run_as(kBob, [] { return 0; }).ok());
  const int all = calls.calls();
  for (int step = all / 2 + 1; step <= all; ++step) {
    EXPECT_EXIT(
        {
          calls.start_counting();
          calls.fail_at = step;
          static_cast<void>(credentials.run_as(kBob, [] { return 0; }));
        },
        ::testing::KilledBySignal(SIGABRT), "");
  }
}

TEST_F(CredentialsTest, ForOurselvesNothingIsSwitched) {
  calls.start_counting();
  EXPECT_EQ(credentials.run_as(credentials.own(), [] { return 1; }).value(), 1);
  EXPECT_EQ(calls.calls(), 0);
}

}  // namespace
}  // namespace shmbus::agent

#include "agent/access/principal.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace shmbus::agent {
namespace {

TEST(Principal, APeerOnIpcIsItsUid) {
  const Caller caller = caller_from_peer_address("localhost:1000:100:4711").value();
  EXPECT_EQ(caller.principal, "uid:1000");
  EXPECT_EQ(caller.uid, 1000U);
  EXPECT_EQ(caller.gid, 100U);
  EXPECT_EQ(caller.pid, 4711);
}

TEST(Principal, TheLargestUidIsAUid) {
  EXPECT_EQ(caller_from_peer_address("localhost:4294967294:0:1")->principal, "uid:4294967294");
}

TEST(Principal, AnythingElseIsNoLocalCaller) {
  for (const char* const address :
       {"", "127.0.0.1", "localhost", "localhost:", "localhost:0", "localhost:0:0", "localhost:0:0:", "localhost::0:1",
        "localhost:-1:0:1", "localhost:0:0:1:2", "localhost:0x:0:1", "localhost:4294967296:0:1", "remote:0:0:1",
        " localhost:0:0:1"}) {
    EXPECT_FALSE(caller_from_peer_address(address)) << address;
  }
}

TEST(Principal, AnActorHasTheNameOfItsProcess) {
  const Actor actor = actor_of(caller_from_peer_address("localhost:0:0:" + std::to_string(getpid())).value());
  EXPECT_EQ(actor.principal, "uid:0");
  EXPECT_EQ(actor.uid, 0U);
  EXPECT_EQ(actor.pid, getpid());
  ASSERT_TRUE(actor.comm);
  EXPECT_FALSE(actor.comm->empty());
}

TEST(Principal, AnActorWhoseProcessIsUnknownHasNoName) { EXPECT_FALSE(actor_of(anonymous_caller()).comm); }

}  // namespace
}  // namespace shmbus::agent

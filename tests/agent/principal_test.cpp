#include "agent/access/principal.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace shmbus::agent {
namespace {

TEST(Principal, APeerOnIpcIsItsUid) {
  const Caller caller = caller_from_peer_address("localhost:1000:100:4711");
  EXPECT_EQ(caller.principal, "uid:1000");
  EXPECT_EQ(caller.uid, 1000U);
  EXPECT_EQ(caller.gid, 100U);
  EXPECT_EQ(caller.pid, 4711);
}

TEST(Principal, TheLargestUidIsAUid) {
  EXPECT_EQ(caller_from_peer_address("localhost:4294967294:0:1").principal, "uid:4294967294");
}

TEST(Principal, AnythingElseIsAnonymousAndHasNoIds) {
  for (const char* const address :
       {"", "127.0.0.1", "localhost", "localhost:", "localhost:0", "localhost:0:0", "localhost:0:0:", "localhost::0:1",
        "localhost:-1:0:1", "localhost:0:0:1:2", "localhost:0x:0:1", "localhost:4294967296:0:1", "remote:0:0:1",
        " localhost:0:0:1"}) {
    const Caller caller = caller_from_peer_address(address);
    EXPECT_EQ(caller.principal, kAnonymous) << address;
    EXPECT_FALSE(caller.uid || caller.gid || caller.pid) << address;
  }
}

TEST(Principal, AnActorHasTheNameOfItsProcess) {
  const Actor actor = actor_of({.principal = "uid:0", .uid = 0, .gid = 0, .pid = getpid()});
  EXPECT_EQ(actor.principal, "uid:0");
  EXPECT_EQ(actor.uid, 0U);
  EXPECT_EQ(actor.pid, getpid());
  ASSERT_TRUE(actor.comm);
  EXPECT_FALSE(actor.comm->empty());
}

TEST(Principal, AnActorWhoseProcessIsUnknownHasNoName) {
  EXPECT_FALSE(actor_of({.principal = std::string(kAnonymous), .uid = {}, .gid = {}, .pid = {}}).comm);
}

}  // namespace
}  // namespace shmbus::agent

#include "agent/access/caller.hpp"

#include <gtest/gtest.h>

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

TEST(Principal, WhatIsNoLocalPeerIsNoCaller) { EXPECT_FALSE(caller_from_peer_address("127.0.0.1")); }

TEST(Principal, AnActorIsItsCaller) {
  Caller caller = caller_from_peer_address("localhost:1:2:812").value();
  caller.comm = "ada";
  const Actor actor = actor_of(caller);
  EXPECT_EQ(actor.principal, "uid:1");
  EXPECT_EQ(actor.uid, 1U);
  EXPECT_EQ(actor.gid, 2U);
  EXPECT_EQ(actor.pid, 812);
  EXPECT_EQ(actor.comm, "ada");
}

}  // namespace
}  // namespace shmbus::agent

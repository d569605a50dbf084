#include "protocol/endpoint/peer_address.hpp"

#include <gtest/gtest.h>

namespace shmbus {
namespace {

TEST(APeerAddress, HasUidGidAndPid) {
  const PeerAddress peer = parse_peer_address("localhost:1000:100:4711").value();
  EXPECT_EQ(peer.uid, 1000U);
  EXPECT_EQ(peer.gid, 100U);
  EXPECT_EQ(peer.pid, 4711);
  EXPECT_EQ(parse_peer_address("localhost:4294967294:0:0")->uid, 4294967294U);
  EXPECT_EQ(parse_peer_address("localhost:1:2:0")->pid, 0) << "in another pid namespace";
}

TEST(APeerAddress, IsNothingElse) {
  for (const char* const text : {"", "127.0.0.1", "localhost", "localhost:", "localhost:0", "localhost:0:0",
                                 "localhost:0:0:", "localhost::0:1", "localhost:-1:0:1", "localhost:0:0:1:2",
                                 "localhost:0x:0:1", "localhost:4294967296:0:1", "remote:0:0:1", " localhost:0:0:1"}) {
    EXPECT_FALSE(parse_peer_address(text)) << text;
  }
}

}  // namespace
}  // namespace shmbus

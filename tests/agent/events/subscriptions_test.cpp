#include "agent/events/subscriptions.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "protocol/unique_fd.hpp"

namespace shmbus::agent {
namespace {

constexpr std::size_t kBeside = Subscriptions::kBytesBeside;

// The principal of a process.
std::string process(int uid, int pid = 1) {
  return Subscriptions::principal_of("localhost:" + std::to_string(uid) + ":0:" + std::to_string(pid));
}

struct Connection {
  UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  ConnectionId id = connection_at(fd.get());
};

TEST(Subscriptions, CountWhatIsAlive) {
  Subscriptions all(1000);
  const Connection one;
  Connection other;
  EXPECT_TRUE(all.empty());
  EXPECT_FALSE(all.began(one.id, process(1), "shm/"));
  EXPECT_FALSE(all.began(one.id, process(1), "shm/"));
  EXPECT_FALSE(all.began(other.id, process(2), "shm/"));
  EXPECT_FALSE(all.began(one.id, process(1), ""));
  EXPECT_EQ(all.bytes(), 8 + 3 * kBeside);
  all.ended(one.id, "shm/");
  EXPECT_EQ(all.bytes(), 4 + 2 * kBeside);
  other.fd.reset();
  all.forget_closed();
  EXPECT_EQ(all.bytes(), kBeside);
  EXPECT_FALSE(all.empty());
  all.ended(one.id, "");
  EXPECT_TRUE(all.empty());
}

TEST(Subscriptions, NobodyEndsAnothersOrOneThatIsNotThere) {
  Subscriptions all(1000);
  const Connection one;
  const Connection other;
  EXPECT_FALSE(all.began(one.id, process(1), "shm/"));
  all.ended(other.id, "shm/");  // of the same process, even
  all.ended(connection_at(-1), "shm/");
  all.ended(one.id, "shm/5679/");
  EXPECT_EQ(all.bytes(), 4 + kBeside);
}

TEST(Subscriptions, AreNotThoseOfTheNextConnectionWithTheNumber) {
  Subscriptions all(1000);
  Connection first;
  const int number = first.fd.get();
  EXPECT_FALSE(all.began(first.id, process(1), "shm/"));
  first.fd.reset();
  const Connection second;
  ASSERT_EQ(second.fd.get(), number);
  all.ended(second.id, "shm/");
  EXPECT_FALSE(all.empty());
  EXPECT_FALSE(all.began(second.id, process(2), "shm/"));
  all.forget_closed();
  EXPECT_EQ(all.bytes(), 4 + kBeside);
  all.ended(second.id, "shm/");
  EXPECT_TRUE(all.empty());
}

TEST(Subscriptions, TellWhoHasMostWhoeverCameLast) {
  Subscriptions all(10 * (kBeside + 1));
  const std::array<Connection, 6> of_one;
  const Connection other;
  for (std::size_t i = 0; i < of_one.size(); ++i) {  // six processes of one user
    EXPECT_FALSE(all.began(of_one.at(i).id, process(1, static_cast<int>(i)), "a"));
  }
  for (char topic = 'a'; topic <= 'd'; ++topic) {
    EXPECT_FALSE(all.began(other.id, process(2), std::string(1, topic)));
  }
  EXPECT_TRUE(all.began(other.id, process(2), "e"));
  EXPECT_EQ(all.largest(), "uid:1");
  EXPECT_EQ(all.connections_of("uid:1").size(), 6U);
}

TEST(Subscriptions, TellAgainOnlyAfterAsMuchAgainOrWhenTheBoundWasKept) {
  Subscriptions all(2 * kBeside);
  std::array<Connection, 6> connections;
  const auto begins = [&](std::size_t at) { return all.began(connections.at(at).id, "ada", ""); };
  EXPECT_FALSE(begins(0));
  EXPECT_FALSE(begins(1));
  EXPECT_TRUE(begins(2));
  EXPECT_FALSE(begins(3));
  EXPECT_FALSE(begins(4));
  EXPECT_TRUE(begins(5));
  connections = {};
  EXPECT_FALSE(begins(0));
  all.forget_closed();
  EXPECT_FALSE(begins(1));
  EXPECT_TRUE(begins(2));
}

}  // namespace
}  // namespace shmbus::agent

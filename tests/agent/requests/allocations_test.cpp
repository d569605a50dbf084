// What a request costs in allocations, on the real kernel, counted by an operator new of this program; and what happens
// when they fail. libzmq takes its messages by malloc, which is not counted, but may find nothing.
#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <new>

#include "agent/kernel/sysv_kernel.hpp"
#include "tests/agent/requests/command_socket_fixture.hpp"
#include "tests/support/agent_fixture.hpp"

namespace {

std::size_t allocations = 0;  // since the start; the tests have one thread that counts
std::size_t failing = 0;      // the one that finds no memory; 0: none
std::size_t most_bytes = std::numeric_limits<std::size_t>::max();  // for which malloc() finds memory

}  // namespace

// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the C library's own
extern "C" void* __libc_malloc(std::size_t size);

extern "C" void* malloc(std::size_t size) {  // NOLINT(readability-inconsistent-declaration-parameter-name)
  if (size > most_bytes) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_malloc(size);
}

// Not inlined, or the compiler sees memory of malloc() where it expects that of new.
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* const memory = ++allocations == failing ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

namespace shmbus::agent {
namespace {

class SteadyState : public AgentOn<SysvKernel> {
 protected:
  // How many one of these operations takes, done in turn and often, when the journal is full.
  template <class... Operations>
  double allocations_of(const Operations&... operations) {
    constexpr std::size_t kRequests = 2000;
    const std::array frames{encode_request(request_of(operations))...};
    const Sender sender{.admitted = {.caller = caller}, .endpoint = "inproc://commands"};
    std::array<char, 1024> message{};
    std::size_t before = 0;
    for (std::size_t i = 0; i < 2 * kRequests; ++i) {
      before = i == kRequests ? allocations : before;
      const ReplyBuffer& reply = dispatcher.handle(frames[i % frames.size()], sender, now);
      EXPECT_LE(reply.size(), message.size());
      reply.write_to(message.data());
    }
    return static_cast<double>(allocations - before) / static_cast<double>(kRequests);
  }
};

TEST_F(SteadyState, AStatAllocatesNothing) {
  const ShmId shmid = create();
  EXPECT_EQ(allocations_of(StatRequest{by_id(shmid)}), 0);
  EXPECT_EQ(allocations_of(StatRequest{by_key(kKey)}), 0);
}

// With an attachment and without one, as bytes and, for a read, as text.
TEST_F(SteadyState, AWriteAndAReadAllocateNothing) {
  const ShmId shmid = create();
  const std::string data(64, 'x');
  WriteRequest write = write_of(shmid, data);
  ReadRequest read = read_of(shmid);
  EXPECT_EQ(allocations_of(write), 0);
  EXPECT_EQ(allocations_of(read), 0);
  write.segment = by_key(kKey);
  read.segment = by_key(kKey);
  read.text = true;
  EXPECT_EQ(allocations_of(write, read), 0);
  const std::uint64_t attachment = done(AttachRequest{.segment = by_id(shmid)}).attachment;
  write.segment = {};
  write.attachment = attachment;
  read.segment = {};
  read.attachment = attachment;
  EXPECT_EQ(allocations_of(write, read), 0);
}

TEST_F(SteadyState, ASetAllocatesNothing) {
  SetRequest opened{.segment = by_id(create()), .uid = {}, .gid = {}, .mode = Mode{0644}};
  SetRequest closed = opened;
  closed.mode = Mode{0600};
  const std::uint64_t before = journal.seq();
  EXPECT_EQ(allocations_of(opened, closed), 0);
  EXPECT_GE(journal.seq() - before, 4000U);  // each was an event
}

// Appends `count` events of as many keys, and the one that finds no memory at the allocation of number `fails` again.
// Returns whether there was such a one.
bool append(EventLog& journal, int count, std::size_t fails) {
  bool failed = false;
  failing = allocations + fails;
  for (int key = 1; key <= count;) {
    Event event;
    event.shm_key = static_cast<Key>(key);
    try {
      journal.append(event);
      ++key;
    } catch (const std::bad_alloc&) {
      failed = true;
    }
  }
  failing = 0;
  return failed;
}

TEST(AnEventJournal, HasEveryEventAndTheHostAlsoWhenMemoryRanOutAnywhere) {
  constexpr int kEvents = 70;  // more than the ring has entries at first
  std::size_t fails = 0;
  for (bool failed = true; failed;) {
    EventLog journal(kHost, kEpoch, kReplayBytes);
    failed = append(journal, kEvents, ++fails);
    const Result<EventsResult> kept = journal.replay({}, kReplayBytes);
    ASSERT_TRUE(kept) << kept.error().message;
    ASSERT_EQ(kept->events.size(), static_cast<std::size_t>(kEvents));
    for (std::size_t i = 0; i < kept->events.size(); ++i) {
      const Result<Event> event = decode_event(kept->events[i]);
      ASSERT_TRUE(event) << event.error().message;
      ASSERT_EQ(event->seq, i + 1);
      ASSERT_EQ(event->host, kHost);
    }
  }
  EXPECT_GT(fails, static_cast<std::size_t>(kEvents));
}

TEST_F(CommandSocketTest, AReplyForWhoseMessageThereIsNoMemorySaysSo) {
  constexpr std::size_t kEvents = 1000;
  constexpr std::size_t kLarge = 4096;
  bind(endpoint);
  zmq::socket_t asking = client(endpoint);
  send(asking, {"a request"});
  next();
  ReplyBuffer reply;
  reply.set(std::uint64_t{5}, OperationResult(EventsResult{.events = std::vector<std::string>(kEvents, "an event")}), 1,
            2);
  ASSERT_GT(reply.size(), kLarge);
  most_bytes = kLarge;
  socket().reply(reply);
  most_bytes = std::numeric_limits<std::size_t>::max();
  EXPECT_TRUE(socket().send_replies());
  const Result<Reply> answered = decode_reply(reply_to(asking), EventsRequest{});
  ASSERT_TRUE(answered) << answered.error().message;
  EXPECT_EQ(answered->id, RequestId(std::uint64_t{5}));
  ASSERT_FALSE(answered->ok());
  EXPECT_EQ(std::get<Error>(answered->outcome).code, ErrorCode::kNoMemory);
}

}  // namespace
}  // namespace shmbus::agent

// What happens when allocations fail: those of operator new by their number, those of malloc(), by which libzmq takes
// its messages, by their size.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <limits>
#include <new>

#include "agent/events/event_log.hpp"
#include "agent/requests/reply_buffer.hpp"
#include "protocol/codec/events.hpp"
#include "tests/agent/requests/command_server_fixture.hpp"

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

TEST(AReplyBuffer, AnswersAnErrorWhereThereIsNoMemoryForTheMessage) {
  constexpr std::size_t kEvents = 1000;
  constexpr std::size_t kLarge = 4096;
  ReplyBuffer reply;
  reply.set({.id = std::uint64_t{5},
             .outcome = OperationResult(EventsResult{.events = std::vector<std::string>(kEvents, "an event")}),
             .epoch = 1,
             .seq = 2});
  ASSERT_GT(reply.size(), kLarge);
  most_bytes = kLarge;
  const zmq::message_t message = reply.message(std::make_shared<UnreadBytes>());
  most_bytes = std::numeric_limits<std::size_t>::max();
  const Result<Reply> answered = decode_reply(message.to_string_view(), EventsRequest{});
  ASSERT_TRUE(answered) << answered.error().message;
  EXPECT_EQ(answered->id, RequestId(std::uint64_t{5}));
  EXPECT_EQ(answered->seq, 2U);
  ASSERT_FALSE(answered->ok());
  EXPECT_EQ(std::get<Error>(answered->outcome).code, ErrorCode::kNoMemory);
}

TEST(AReplyBuffer, KeepsNoRoomOfAReadThatFailed) {
  constexpr std::size_t kRead = limits::kMaxDataBytes;
  ReplyBuffer reply;
  static_cast<void>(reply.place(kRead));
  reply.set({.id = {}, .outcome = Error{.code = ErrorCode::kNotText}, .epoch = 1, .seq = 2});
  EXPECT_FALSE(reply.message(std::make_shared<UnreadBytes>()).empty());
  most_bytes = kRead / 2;
  EXPECT_THROW(static_cast<void>(reply.place(kRead)), std::bad_alloc);
  most_bytes = std::numeric_limits<std::size_t>::max();
}

TEST_F(CommandServerTest, AnswersAtOnceARequestThatItHasNoMemoryToQueue) {
  const std::string here = "inproc://commands";  // no thread of libzmq has a part in it
  bind(here, Transport::kInsecure);
  zmq::socket_t asking = client(here);
  send(asking, {ping(1)});
  serve();
  EXPECT_TRUE(reply_to(asking).ok());
  send(asking, {ping(2)});
  failing = allocations + 1;  // the principal's queue
  server->serve(0);
  failing = 0;
  asking.set(zmq::sockopt::rcvtimeo, 0);
  const Reply reply = reply_to(asking);
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(std::get<Error>(reply.outcome).code, ErrorCode::kNoMemory);
}

}  // namespace
}  // namespace shmbus::agent

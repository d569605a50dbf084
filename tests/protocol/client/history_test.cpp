#include "protocol/client/history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/codec/events.hpp"
#include "tests/support/scripted_agent.hpp"

namespace shmbus {
namespace {

using testing::HasSubstr;

constexpr std::chrono::milliseconds kShort{200};

std::string event_of(std::uint64_t seq) {
  Event event;
  event.kind = EventKind::kWritten;
  event.epoch = kEpoch;
  event.seq = seq;
  event.host = "db1";
  event.offset = 0;
  event.length = 1;
  return encode_event(event);
}

// An agent that always says that more follow: `count` items a page, from the one after the last, or the same each time.
ScriptedAgent::Handler endless(std::size_t count, bool rises) {
  return [=](const DecodedRequest& request, int nth) -> std::vector<std::string> {
    const auto first = static_cast<std::uint64_t>(rises ? nth : 1) * (count + 1);
    if (asked<ListRequest>(request) != nullptr) {
      ListResult page{.segments = {}, .more = true};
      for (std::size_t i = 0; i < count; ++i) {
        page.segments.push_back({.shm_shmid = static_cast<ShmId>(first + i)});
      }
      return {reply_to(request, OperationResult(page), kEpoch)};
    }
    EventsResult page{.events = {}, .first = 1, .last = 1'000'000, .more = true};
    for (std::size_t i = 0; i < count; ++i) {
      page.events.push_back(event_of(first + i));
    }
    return {reply_to(request, OperationResult(page), kEpoch)};
  };
}

class PagesWithoutEnd : public testing::Test {
 protected:
  static Error of_list(std::size_t count, bool rises) {
    ScriptedAgent agent(endless(count, rises));
    Result<Client> client = Client::open({.commands = agent.commands(), .timeout = rises ? kShort : kPatience});
    const Result<Snapshot> snapshot = take_snapshot(*client, {});
    return snapshot ? Error{.message = "it ended"} : snapshot.error();
  }
  static Error of_events(std::size_t count, bool rises) {
    ScriptedAgent agent(endless(count, rises));
    Result<Client> client = Client::open({.commands = agent.commands(), .timeout = rises ? kShort : kPatience});
    const auto events = replay(*client, {.epoch = kEpoch, .since = 0, .up_to = 1'000'000'000});
    return events ? Error{.message = "it ended"} : events.error();
  }
};

TEST_F(PagesWithoutEnd, EndAtOnceIfTheyBringNothingNew) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{3}}) {
    for (const Error& error : {of_list(count, false), of_events(count, false)}) {
      EXPECT_EQ(error.code, ErrorCode::kNoAnswer);
      EXPECT_THAT(error.message, HasSubstr("announces more entries but sends no new ones"));
    }
  }
}

TEST_F(PagesWithoutEnd, EndWithTheTimeoutIfTheyAreNotFull) {
  for (const Error& error : {of_list(3, true), of_events(3, true)}) {
    EXPECT_EQ(error.code, ErrorCode::kNoAnswer) << error.message;
  }
}

}  // namespace
}  // namespace shmbus

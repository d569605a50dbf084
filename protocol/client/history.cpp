#include "protocol/client/history.hpp"

#include <algorithm>
#include <utility>

#include "protocol/codec/events.hpp"
#include "protocol/limits.hpp"

namespace shmbus {
namespace {

// Returns whether a page is as full as each but the last one should be: it has `limit` entries, or at least half of the
// bytes that a page may have.
bool is_full(std::size_t count, std::uint64_t limit, Client& client) {
  return count >= limit || client.last_reply().size() >= limits::kMaxDataBytes / 2;
}

}  // namespace

Result<void> check_page(Client& client, bool is_new, Clock::time_point deadline) {
  const std::string agent = "the agent at " + client.endpoint().address;
  if (!is_new) {
    return Error{ErrorCode::kNoAnswer, agent + " announces more entries but sends no new ones",
                 "it may not be a shmbus-agent, or may be faulty"};
  }
  if (Clock::now() >= deadline) {
    return Error{
        ErrorCode::kNoAnswer,
        agent + " did not complete its answer within " + std::to_string(client.options().timeout.count()) + " ms",
        "request less, or allow more time"};
  }
  return {};
}

// The seq of the first page counts: later changes come as events.
Result<Snapshot> take_snapshot(Client& client, std::optional<Key> shm_key) {
  Snapshot snapshot;
  ListRequest list{.shm_key = shm_key, .uid = {}, .after = {}, .limit = limits::kMaxPage};
  const Clock::time_point deadline = Clock::now() + client.options().timeout;
  for (;;) {
    const Result<Reply> reply = only_ok(client.call(Request{{}, {}, {}, list}, deadline));
    if (!reply) {
      return reply.error();
    }
    if (!list.after) {
      snapshot = {{}, reply->epoch.value_or(0), reply->seq.value_or(0)};
    } else if (snapshot.epoch != reply->epoch) {  // the agent was restarted, and its seq starts anew
      list.after.reset();
      continue;
    }
    const auto& page = std::get<ListResult>(std::get<OperationResult>(reply->outcome));
    snapshot.segments.insert(snapshot.segments.end(), page.segments.begin(), page.segments.end());
    if (!page.more) {
      return snapshot;
    }
    const bool is_new = !page.segments.empty() && page.segments.back().shm_shmid > list.after.value_or(-1);
    if (Result<void> checked = check_page(client, is_new, deadline); !checked) {
      return std::move(checked).error();
    }
    list.after = page.segments.back().shm_shmid;
  }
}

// Each seq is one event, so no page needs a greater limit than the seqs that are left.
Result<std::vector<StreamEvent>> replay(Client& client, const EventRange& range) {
  std::vector<StreamEvent> events;
  std::uint64_t since = range.since;
  Clock::time_point deadline = Clock::now() + client.options().timeout;
  for (bool more = true; more && since < range.up_to;) {
    const EventsRequest request{.since = since,
                                .shm_key = range.shm_key,
                                .shm_shmid = range.shm_shmid,
                                .limit = std::min(limits::kMaxPage, range.up_to - since)};
    Result<Reply> reply = only_ok(client.call(Request{{}, range.epoch, {}, request}, deadline));
    if (!reply) {
      return std::move(reply).error();
    }
    auto& page = std::get<EventsResult>(std::get<OperationResult>(reply->outcome));
    more = page.more;
    const std::uint64_t before = since;
    for (std::string& body : page.events) {
      Result<Event> event = decode_event(body);
      if (!event) {
        return std::move(event).error();
      }
      since = event->seq;
      if (since <= range.up_to) {
        events.push_back({std::move(*event), std::move(body)});
      }
    }
    if (Result<void> checked = check_page(client, since > before, deadline); more && !checked) {
      return std::move(checked).error();
    }
    if (more && is_full(page.events.size(), request.limit, client)) {
      deadline = Clock::now() + client.options().timeout;
    }
  }
  return events;
}

}  // namespace shmbus

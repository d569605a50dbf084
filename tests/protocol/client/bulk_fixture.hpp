// An agent with one segment that reads and writes in pieces come to, and answers as a test says.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "protocol/client/bulk.hpp"
#include "protocol/codec/requests.hpp"
#include "tests/support/event_flag.hpp"
#include "tests/support/scripted_agent.hpp"

namespace shmbus {

using std::chrono::milliseconds;

inline constexpr std::uint64_t kAttachment = 2718281828459045;
inline constexpr milliseconds kShort{900};  // a third of it is waited for a reply that does not come
inline constexpr std::size_t kPieces = 6;
inline constexpr std::size_t kSize = 5 * kBulkPieceBytes + 5;  // of the segment

using Replies = std::vector<std::string>;

// What the agent has, touched in its thread alone.
struct Segment {
  std::string bytes;
  AttachmentId attachment = kAttachment;
  ShmId shmid = 3;
  int attached = 0;
  int detached = 0;
  int moves = 0;  // reads and writes that came
};

inline Replies serve(Segment& segment, const DecodedRequest& request) {
  const auto answer = [&](OperationResult result) { return Replies{reply_to(request, std::move(result), kEpoch)}; };
  const Error gone{ErrorCode::kNotFound, "not held"};
  if (asked<AttachRequest>(request) != nullptr) {
    ++segment.attached;
    return answer(AttachResult{.attachment = segment.attachment,
                               .shm_key = 5679,
                               .shm_shmid = segment.shmid,
                               .shm_segsz = segment.bytes.size()});
  }
  if (asked<DetachRequest>(request) != nullptr) {
    ++segment.detached;
    return answer(DetachResult{1});
  }
  if (const auto* const read = asked<ReadRequest>(request)) {
    ReadResult result{.data = segment.bytes.substr(read->offset, read->length.value_or(0)),
                      .offset = read->offset,
                      .shm_segsz = segment.bytes.size()};
    result.length = result.data.size();
    return read->attachment == segment.attachment ? answer(result) : Replies{reply_to(request, gone, kEpoch)};
  }
  if (const auto* const write = asked<WriteRequest>(request)) {
    if (write->attachment != segment.attachment) {
      return {reply_to(request, gone, kEpoch)};
    }
    segment.bytes.replace(write->offset, write->data.size(), write->data);
    return answer(WriteResult{write->offset, write->data.size()});
  }
  return answer(PingResult{});
}

inline bool moves(const DecodedRequest& request) {
  return asked<ReadRequest>(request) != nullptr || asked<WriteRequest>(request) != nullptr;
}

inline std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>(i * 31 + i / 4099);
  }
  return bytes;
}

class BulkTest : public testing::Test {
 protected:
  BulkTest() : segment(std::make_shared<Segment>()), agent([](const auto&, int) { return Replies{}; }) {
    segment->bytes = pattern(kSize);
    answer_moves_by([](const DecodedRequest& /*request*/, int /*nth*/, Replies replies) { return replies; });
  }

  // What is said to the `nth` read or write, where `replies` would be right.
  void answer_moves_by(std::function<Replies(const DecodedRequest& request, int nth, Replies replies)> how) {
    agent.answer_by([segment = segment, how = std::move(how)](const DecodedRequest& request, int /*nth*/) {
      if (!moves(request)) {
        return serve(*segment, request);
      }
      const int nth = ++segment->moves;
      return how(request, nth, serve(*segment, request));
    });
  }

  Client open(milliseconds timeout = kPatience) {
    Result<Client> client = Client::open({agent.commands(), timeout, interrupt.fd()});
    if (!client) {
      throw std::runtime_error(client.error().message);
    }
    return *std::move(client);
  }

  BulkOutcome read(Client& client, BulkRange range = whole()) {
    got.clear();
    return read_all(client, range, [this](std::string_view bytes) {
      got += bytes;
      return Result<void>();
    });
  }

  static BulkOutcome write(Client& client, const std::string& bytes, BulkRange range = whole()) {
    std::size_t taken = 0;
    return write_all(client, range, [&](std::span<char> room) {
      const std::size_t count = std::min(room.size(), bytes.size() - taken);
      std::copy_n(bytes.data() + taken, count, room.data());
      taken += count;
      return Result<std::size_t>(count);
    });
  }

  static BulkRange whole() { return {.segment = {.shm_key = 5679, .shm_shmid = {}}}; }

  Segment now() {
    Segment copy;
    agent.do_in_thread([&] { copy = *segment; });
    return copy;
  }

  EventFlag interrupt;
  std::shared_ptr<Segment> segment;
  ScriptedAgent agent;
  std::string got;
};

}  // namespace shmbus

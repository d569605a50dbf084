// Whole requests and replies, the batch that holds several of them, and the variants of all operations and results.
// codec/requests.hpp and codec/replies.hpp turn them into bytes and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/error.hpp"
#include "protocol/operation_data.hpp"

namespace shmbus {

// UTF-8 that came as bin, the format in which some libraries write every string. A reply has its id in the same format.
struct BinText {
  std::string text;

  friend bool operator==(const BinText&, const BinText&) = default;
};

// A client's mark on a request, which comes back in the reply: nothing, an integer, or up to kMaxIdBytes of UTF-8.
using RequestId = std::variant<std::monostate, std::int64_t, std::uint64_t, std::string, BinText>;

struct Reply;
struct BatchItem;

// The replies, in the order of the requests. They end with the first failure if `stop_on_error` was set.
struct BatchResult {
  std::vector<Reply> replies;
};

// Executes up to kMaxBatchRequests requests in a row. It is no transaction: requests that succeeded stay so. A batch
// holds no other batch, and its requests carry no `once`.
struct BatchRequest {
  using Result = BatchResult;
  std::vector<BatchItem> requests;
  bool stop_on_error = true;
};

// Any operation and its result. The order is that of the table in operations.cpp, and the same index in both belongs to
// the same operation.
using Operation =
    std::variant<CreateRequest, AttachRequest, DetachRequest, StatRequest, SetRequest, RemoveRequest, ReadRequest,
                 WriteRequest, ListRequest, EventsRequest, InfoRequest, PingRequest, BatchRequest>;
using OperationResult =
    std::variant<CreateResult, AttachResult, DetachResult, StatResult, SetResult, RemoveResult, ReadResult, WriteResult,
                 ListResult, EventsResult, InfoResult, PingResult, BatchResult>;

// A whole request.
struct Request {
  RequestId id;
  // Act only if this is still the agent's epoch, else kEpochChanged. Absent: in any epoch.
  std::optional<std::uint64_t> epoch;
  // A unique text of kMinOnceBytes to kMaxOnceBytes that makes a changing request safe to send again: the agent answers
  // a repetition within a minute with the remembered outcome and does not act twice. Absent: each arrival acts.
  std::optional<std::string> once;
  Operation operation;
};

// One request of a batch. A malformed one is held as its error and fails alone. `malformed` then has its msgpack,
// encoded again in one way, so that it can be sent on and compared with another one; it is empty for a well-formed
// request.
struct BatchItem {
  RequestId id;
  std::variant<Request, Error> request;
  std::string malformed = {};
};

// A whole reply.
struct Reply {
  // The id of the request, if it had a valid one.
  RequestId id;
  std::variant<OperationResult, Error> outcome;
  // The outcome was remembered for the request's `once`, and the agent did not act again.
  bool repeated = false;
  // The agent's epoch and the seq of its last event when it replied. Absent inside a batch.
  std::optional<std::uint64_t> epoch;
  std::optional<std::uint64_t> seq;

  [[nodiscard]] bool ok() const { return outcome.index() == 0; }
};

}  // namespace shmbus

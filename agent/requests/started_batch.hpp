// A batch that was carried out in part.
#pragma once

#include <string_view>

#include "agent/access/caller.hpp"
#include "protocol/codec/requests.hpp"
#include "protocol/commands.hpp"
#include "protocol/limits.hpp"

namespace shmbus::agent {

// What the dispatcher keeps of a batch from one of its requests to the next, so that other requests can be served in
// between. `decoded` is the batch, and borrows from its frame. `caller` is the sender as it was admitted when the batch
// began; it holds for the whole batch. `result` has room for all replies from the start, so adding one cannot fail.
struct StartedBatch {
  DecodedRequest decoded;
  Caller caller;
  BatchResult result = {};
  std::size_t data_left = limits::kMaxDataBytes;  // bytes that read, list and events may still put into the reply
  bool looked = false;  // all segments were scanned for a list of this batch, so the next list needs no scan

  [[nodiscard]] const Request& request() const { return std::get<Request>(decoded.request); }
  [[nodiscard]] const BatchRequest& batch() const { return std::get<BatchRequest>(request().operation); }
};

}  // namespace shmbus::agent

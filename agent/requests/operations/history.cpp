#include "agent/requests/operations/operations.hpp"

namespace shmbus::agent {

Result<EventsResult> execute(OperationContext& context, const EventsRequest& request) {
  Result<EventsResult> result = context.publisher.journal().replay(request, limits::kMaxDataBytes);
  if (!result) {
    return result;
  }
  std::size_t bytes = 0;
  for (const std::string& event : result->events) {
    bytes += event.size();
  }
  if (bytes > context.data_left) {
    return Error{.code = ErrorCode::kTooLarge,
                 .message = "the events have " + std::to_string(bytes) + " bytes; the batch has room for " +
                            std::to_string(context.data_left)};
  }
  context.data_left -= bytes;
  return result;
}

}  // namespace shmbus::agent

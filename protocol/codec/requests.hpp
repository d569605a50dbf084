// The codec of requests: from bytes for the agent, to bytes for clients. A client that sends its own frames
// (Client::exchange()) encodes them here. No state; safe from any thread. Encoding may throw std::bad_alloc.
#pragma once

#include <string>
#include <string_view>

#include "protocol/commands.hpp"
#include "protocol/limits.hpp"

namespace shmbus {

// The request in a frame, or the error of one that is not well-formed. The data of a write are borrowed from the frame,
// which must outlive the request. If the frame is a map within the limits with one valid id, `id` is set even with an
// error, so that the error reply can carry it.
struct DecodedRequest {
  RequestId id;
  std::variant<Request, Error> request;
};

// Decodes a frame and checks everything that needs no segment: form, limits, types, ranges, fields that exclude each
// other. Errors: kBadRequest, which names the field; kUnknownOp; kTooLarge for data beyond kMaxDataBytes, kNotText for
// data that are no text; kNoMemory. A malformed request in a batch is no error of the batch, see BatchItem.
[[nodiscard]] DecodedRequest decode_request(std::string_view frame);

// Encodes any request, even one that decode_request() would reject.
[[nodiscard]] std::string encode_request(const Request& request);

// Appends the request without the data of a write, of which only the size is read. Returns the position in `bytes`
// where the data belong, or its end for other requests.
std::size_t encode_request_around_data(const Request& request, std::string& bytes);

// Encodes `op` and the operation's own fields, without id, epoch and once, in one form whatever the client's was: equal
// bytes mean the same request.
[[nodiscard]] std::string encode_operation(const Operation& operation);

}  // namespace shmbus

// Requests as bytes. Strings and data of a decoded request may borrow from the frame, which must outlive it.
#pragma once

#include <string>
#include <string_view>

#include "protocol/commands.hpp"
#include "protocol/limits.hpp"

namespace shmbus {

// What a frame turned out to be. `id` is there even if the request is not, as long as the frame is a map within the
// limits with one valid id.
struct DecodedRequest {
  RequestId id;
  std::variant<Request, Error> request;
};

// Checks everything that can be checked without looking at a segment: form, limits, types, ranges, fields that
// exclude each other. Errors: kBadRequest naming the field, kUnknownOp, kTooLarge for data beyond kMaxDataBytes.
[[nodiscard]] DecodedRequest decode_request(std::string_view frame);

[[nodiscard]] std::string encode_request(const Request& request);

// Appends the request without the data of a write, of which only the size is looked at. Returns where in `bytes` the
// data belong.
std::size_t encode_request_around_data(const Request& request, std::string& bytes);

// The operation's own fields alone, in one spelling whatever the client's: equal bytes mean the same request.
[[nodiscard]] std::string encode_operation(const Operation& operation);

}  // namespace shmbus

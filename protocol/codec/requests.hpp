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
[[nodiscard]] DecodedRequest decode_request(std::string_view frame, const UnpackLimits& limits = {});

[[nodiscard]] std::string encode_request(const Request& request);

// The same as the content of `bytes`, whose memory is used again.
void encode_request(const Request& request, std::string& bytes);

// The same for a write of `size` bytes without these. Returns where in `bytes` they belong.
[[nodiscard]] std::size_t encode_request_around(Request write, std::size_t size, std::string& bytes);

// The operation's own fields alone, in one spelling whatever the client's: equal bytes mean the same request.
[[nodiscard]] std::string encode_operation(const Operation& operation);

}  // namespace shmbus

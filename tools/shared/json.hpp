// JSON for people and scripts, msgpack for the wire. Bytes, which JSON does not have, stand as base64 under the field's
// name with "_base64" behind it; on the way to the wire that holds for `data_base64`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "protocol/commands.hpp"
#include "protocol/error.hpp"
#include "protocol/result.hpp"

namespace shmbus {

using Json = nlohmann::ordered_json;

// Errors: kBadRequest with the place in `text`; also for a key that stands twice in one object.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

// Errors: kBadRequest for what is no base64 under `data_base64`, or stands beside `data`.
[[nodiscard]] Result<std::string> msgpack_from_json(const Json& document);

// The request that `document` is, as the agent would read it. Its data is borrowed from `frame`, which gets its bytes.
// Errors: as msgpack_from_json() and decode_request().
[[nodiscard]] Result<Request> request_from_json(const Json& document, std::string& frame);

// Errors: kInternal for what is no msgpack.
[[nodiscard]] Result<Json> json_from_msgpack(std::string_view bytes);

// One line of ASCII, safe to print on a terminal.
[[nodiscard]] std::string to_line(const Json& document);

// {"ok":false,"error":{…}}, as the agent would have said it.
[[nodiscard]] Json json_of(const Error& error);

[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] Result<std::string> from_base64(std::string_view text);

}  // namespace shmbus

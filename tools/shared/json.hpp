// Converts between JSON, which people and scripts use, and msgpack, which the wire uses. JSON has no type for bytes. On
// the way from the wire a field of bytes becomes base64 and "_base64" is appended to its name, at any depth; on the way
// to the wire only `data_base64` is converted back, to `data`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "protocol/commands.hpp"
#include "protocol/error.hpp"
#include "protocol/result.hpp"

namespace shmbus {

// Keeps the order of fields, so that output shows them as the agent sent them.
using Json = nlohmann::ordered_json;

// Parses one JSON document. Errors: kBadRequest, with line and column for a syntax error; also if an object has the
// same field twice (msgpack maps on this bus must not) or the document is nested more than 64 deep.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

// Returns the msgpack form of `document`. Errors: kBadRequest if `data_base64` is not base64 or stands beside `data` in
// the same object.
[[nodiscard]] Result<std::string> msgpack_from_json(const Json& document);

// Returns the request in `document`, decoded exactly as the agent decodes it. Its bytes are stored in `frame`, and the
// request borrows its data from there: `frame` must outlive it, unchanged.
// Errors: as msgpack_from_json() and decode_request().
[[nodiscard]] Result<Request> request_from_json(const Json& document, std::string& frame);

// Returns the JSON form of one msgpack document. Errors: kInternal if `bytes` are not msgpack.
[[nodiscard]] Result<Json> json_from_msgpack(std::string_view bytes);

// Returns `document` as one line of ASCII without a newline, safe to print on a terminal: other characters are escaped
// as \uXXXX, and malformed UTF-8 becomes U+FFFD.
[[nodiscard]] std::string to_line(const Json& document);

// Returns `error` in the form of a failed reply, {"ok":false,"error":{…}}, so that scripts parse errors found by the
// tool and errors from the agent in the same way.
[[nodiscard]] Json json_of(const Error& error);

// Encode and decode base64 with the standard alphabet and padding (RFC 4648, section 4). Errors: kBadRequest for any
// other character, line breaks included, and for a wrong length.
[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] Result<std::string> from_base64(std::string_view text);

}  // namespace shmbus

#include "tools/shared/json.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "protocol/codec/requests.hpp"

namespace shmbus {
namespace {

constexpr std::string_view kBase64Suffix = "_base64";
constexpr std::string_view kDataBase64 = "data_base64";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr int kMaxJsonDepth = 64;

Error bad_request(std::string message) { return {ErrorCode::kBadRequest, std::move(message)}; }

std::string_view bytes_of(const Json& binary) {
  const auto& bytes = binary.get_binary();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Returns `value` with each binary as base64; in an object the suffix is appended to its name.
Json without_binaries(Json value) {
  if (value.is_binary()) {
    return to_base64(bytes_of(value));
  }
  if (value.is_array()) {
    for (Json& item : value) {
      item = without_binaries(std::move(item));
    }
  }
  if (!value.is_object()) {
    return value;
  }
  Json object = Json::object();
  for (auto& [name, item] : value.items()) {
    const std::string shown_name = item.is_binary() ? name + std::string(kBase64Suffix) : name;
    object[shown_name] = without_binaries(std::move(item));
  }
  return object;
}

// Returns `value` with each data_base64 as binary `data`. Throws std::invalid_argument.
Json with_binaries(const Json& value) {
  if (value.is_array()) {
    Json array = Json::array();
    for (const Json& item : value) {
      array.push_back(with_binaries(item));
    }
    return array;
  }
  if (!value.is_object()) {
    return value;
  }
  Json object = Json::object();
  for (const auto& [name, item] : value.items()) {
    if (name != kDataBase64) {
      object[name] = with_binaries(item);
      continue;
    }
    if (value.contains("data")) {
      throw std::invalid_argument("data and data_base64 cannot be used together");
    }
    const Result<std::string> bytes = item.is_string() ? from_base64(item.get_ref<const std::string&>())
                                                       : bad_request("data_base64 must be a string");
    if (!bytes) {
      throw std::invalid_argument(bytes.error().message);
    }
    object["data"] = Json::binary(std::vector<std::uint8_t>(bytes->begin(), bytes->end()));
  }
  return object;
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  std::vector<std::set<std::string>> names;  // seen so far in each open object, innermost last
  const auto check = [&names](int depth, Json::parse_event_t event, const Json& parsed) {
    if (depth > kMaxJsonDepth) {
      throw std::invalid_argument("nested more than " + std::to_string(kMaxJsonDepth) + " levels deep");
    }
    if (event == Json::parse_event_t::object_start) {
      names.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      names.pop_back();
    } else if (event == Json::parse_event_t::key && !names.back().insert(parsed.get<std::string>()).second) {
      throw std::invalid_argument("duplicate field '" + parsed.get<std::string>() + "' in an object");
    }
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::exception& error) {
    const std::string what = error.what();  // "[json.exception.parse_error.101] parse error at line 1, …"
    const std::size_t end_of_number = what.find("] ");
    return bad_request("not JSON: " + (end_of_number == std::string::npos ? what : what.substr(end_of_number + 2)));
  } catch (const std::invalid_argument& error) {
    return bad_request(std::string("JSON that cannot be sent: ") + error.what());
  }
}

Result<std::string> msgpack_from_json(const Json& document) {
  try {
    std::string bytes;
    Json::to_msgpack(with_binaries(document), bytes);
    return bytes;
  } catch (const std::invalid_argument& error) {
    return bad_request(error.what());
  }
}

Result<Request> request_from_json(const Json& document, std::string& frame) {
  Result<std::string> bytes = msgpack_from_json(document);
  if (!bytes) {
    return bytes.error();
  }
  frame = *std::move(bytes);
  DecodedRequest decoded = decode_request(frame);
  if (Error* const wrong = std::get_if<Error>(&decoded.request)) {
    return std::move(*wrong);
  }
  return std::get<Request>(std::move(decoded.request));
}

Result<Json> json_from_msgpack(std::string_view bytes) {
  try {
    return without_binaries(Json::from_msgpack(bytes));
  } catch (const Json::exception& error) {
    return Error{ErrorCode::kInternal, std::string("the message is not msgpack: ") + error.what()};
  }
}

std::string to_line(const Json& document) { return document.dump(-1, ' ', true, Json::error_handler_t::replace); }

Json json_of(const Error& error) {
  Json body{{"code", name_of(error.code)},
            {"errno", error.errno_value},
            {"errno_name", errno_name(error.errno_value)},
            {"message", error.message}};
  if (!error.hint.empty()) {
    body["hint"] = error.hint;
  }
  return {{"ok", false}, {"error", std::move(body)}};
}

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto byte = [&](std::size_t i) {
      return at + i < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[at + i])) : 0U;
    };
    const unsigned group = byte(0) << 16U | byte(1) << 8U | byte(2);
    const std::size_t digits = std::min<std::size_t>(bytes.size() - at, 3) + 1;
    for (unsigned digit = 0; digit < 4; ++digit) {
      text += digit < digits ? kAlphabet[group >> (18U - 6U * digit) & 0x3FU] : '=';
    }
  }
  return text;
}

Result<std::string> from_base64(std::string_view text) {
  const Error not_base64 = bad_request("data_base64 is not base64 (RFC 4648, with its padding)");
  if (text.size() % 4 != 0) {
    return not_base64;
  }
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  std::string bytes;
  unsigned bits = 0;
  unsigned group = 0;
  for (const char digit : text.substr(0, text.size() - padding)) {
    const std::size_t value = kAlphabet.find(digit);
    if (value == std::string_view::npos) {
      return not_base64;
    }
    group = (group << 6U | static_cast<unsigned>(value)) & 0xFFFFFFU;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(group >> bits & 0xFFU);
    }
  }
  return bytes;
}

}  // namespace shmbus

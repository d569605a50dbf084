#include "protocol/codec/requests.hpp"

#include <algorithm>
#include <span>

#include "protocol/codec/fields.hpp"
#include "protocol/codec/request_reader.hpp"
#include "protocol/codec/variant_at.hpp"
#include "protocol/codec/writer.hpp"
#include "protocol/text.hpp"

namespace shmbus {
namespace codec {
namespace {

using Verdict = std::optional<Error>;

enum class Place : std::uint8_t { kAlone, kInBatch };

std::span<const msgpack::object_kv> entries(const msgpack::object_map& map) { return {map.ptr, map.size}; }

RequestId only_valid_id(const msgpack::object_map& map) {
  const auto is_id = [](const msgpack::object_kv& entry) {
    return entry.key.type == msgpack::type::STR && text_of(entry.key) == "id";
  };
  const auto all = entries(map);
  if (std::count_if(all.begin(), all.end(), is_id) != 1) {
    return {};
  }
  if (std::optional<RequestId> id = read_id(*find(map, "id"))) {
    return *std::move(id);
  }
  return {};
}

Result<const OperationSpec*> read_operation(const msgpack::object_map& map) {
  const msgpack::object* const op = find(map, "op");
  if (op == nullptr) {
    return bad_request("op: missing, the name of the operation");
  }
  const bool is_str = op->type == msgpack::type::STR;
  const OperationSpec* const spec = is_str ? operation_named(text_of(*op)) : nullptr;
  if (spec == nullptr) {
    if (!is_str || !is_utf8(text_of(*op))) {
      return bad_request("op: string expected, got " + shown(*op));
    }
    std::string known;
    for (const OperationSpec& each : operations()) {
      known += (known.empty() ? "" : ", ") + std::string(each.name);
    }
    return Error{
        .code = ErrorCode::kUnknownOp, .message = "op: no operation " + shown(*op), .hint = "there are " + known};
  }
  return spec;
}

// Every field is one of the operation's, and is there once; those that it requires are there.
Verdict place_fields(const msgpack::object_map& map, const OperationSpec& spec, FieldValues& values) {
  for (const auto& [key, value] : entries(map)) {
    if (key.type != msgpack::type::STR) {
      return bad_request("field names are strings, got " + shown(key));
    }
    const std::size_t number = field_number(text_of(key));
    if (spec.field(number) == nullptr) {
      return bad_request(std::string(spec.name) + " has no field " + shown(text_of(key)));
    }
    if (values[number] != nullptr) {
      return bad_request("field " + shown(text_of(key)) + " is there twice");
    }
    values[number] = &value;
  }
  for (const FieldSpec& field : spec.fields) {
    if (field.required && values[field_number(field.name)] == nullptr) {
      return bad_request(std::string(field.name) + ": missing, " + std::string(spec.name) +
                         " needs it: " + describe_type(field));
    }
  }
  return {};
}

Verdict check_once(const Request& request, const OperationSpec& spec, Place place) {
  if (!request.once) {
    return {};
  }
  if (place == Place::kInBatch) {
    return bad_request("once: not inside a batch, only the batch has one");
  }
  if (!spec.changes) {
    return bad_request("once: " + std::string(spec.name) + " changes nothing, so it has none");
  }
  return {};
}

Verdict check_segment(const SegmentRef& segment) {
  if (segment.shm_key == kPrivateKey && !segment.shm_shmid) {
    return bad_request("shm_key: 0 names no segment",
                       "private segments have no key of their own: name one by shm_shmid; \"private\" is for create");
  }
  return {};
}

// What fields mean together.
template <class T>
Verdict check_together(const T& operation, std::string_view name) {
  if constexpr (requires { operation.segment; }) {
    const bool named = operation.segment.shm_key || operation.segment.shm_shmid;
    if constexpr (requires { operation.attachment; }) {
      if (operation.attachment && named) {
        return bad_request("attachment: " + std::string(name) + " takes either it or a segment, got both");
      }
      if (!operation.attachment && !named) {
        return bad_request(std::string(name) + " needs attachment, shm_key or shm_shmid");
      }
    } else if (!named) {
      return bad_request(std::string(name) + " needs shm_key or shm_shmid");
    }
    if constexpr (std::same_as<T, SetRequest>) {
      if (!operation.uid && !operation.gid && !operation.mode) {
        return bad_request("set needs at least one of uid, gid, mode");
      }
    }
    return check_segment(operation.segment);
  }
  return {};
}

// Fills in `request`, which is meaningless after an error.
Verdict read_request(const msgpack::object_map& map, Place place, Request& request) {
  const auto found = read_operation(map);
  if (!found) {
    return found.error();
  }
  const OperationSpec& spec = **found;
  emplace_at(request.operation, static_cast<std::size_t>(&spec - operations().data()));
  if (place == Place::kInBatch && std::holds_alternative<BatchRequest>(request.operation)) {
    return bad_request("op: no batch inside a batch");
  }
  FieldValues values{};
  if (auto error = place_fields(map, spec, values)) {
    return error;
  }
  RequestReader reader(values, spec);
  describe_common(reader, request);
  std::visit([&reader](auto& operation) { describe(reader, operation); }, request.operation);
  if (reader.error()) {
    return reader.error();
  }
  if (auto error = check_once(request, spec, place)) {
    return error;
  }
  return std::visit([&spec](const auto& operation) { return check_together(operation, spec.name); }, request.operation);
}

// Fills in `decoded`, into which nothing was read yet.
void read_object(const msgpack::object& object, Place place, DecodedRequest& decoded) {
  if (object.type != msgpack::type::MAP) {
    decoded.request = bad_request("map expected, got " + shown(object));
    return;
  }
  auto& request = std::get<Request>(decoded.request);
  if (auto error = read_request(object.via.map, place, request)) {
    decoded = {only_valid_id(object.via.map), *std::move(error)};
    return;
  }
  decoded.id = request.id;
}

}  // namespace

DecodedRequest read_batched(const msgpack::object& object) {
  DecodedRequest decoded;
  read_object(object, Place::kInBatch, decoded);
  return decoded;
}

}  // namespace codec

DecodedRequest decode_request(std::string_view frame, const UnpackLimits& limits) {
  DecodedRequest decoded;
  codec::ObjectMemory memory;
  const auto unpacked = codec::unpack_request(frame, memory, limits);
  if (!unpacked) {
    decoded.request = unpacked.error();
    return decoded;
  }
  codec::read_object(unpacked->object, codec::Place::kAlone, decoded);
  if (unpacked->trailing_bytes != 0) {
    decoded.request = codec::bad_request(std::to_string(unpacked->trailing_bytes) + " bytes follow the request");
  }
  return decoded;
}

Layout layout_of(const Request& request) { return codec::layout_of(request); }

void encode_request(const Request& request, char* place) { codec::encode(request, place); }

std::string encode_request(const Request& request) { return codec::encode(request); }

std::string encode_operation(const Operation& operation) { return codec::encode(operation); }

}  // namespace shmbus

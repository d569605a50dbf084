#include "protocol/codec/requests.hpp"

#include <algorithm>
#include <span>

#include "protocol/codec/fields.hpp"
#include "protocol/codec/reader.hpp"
#include "protocol/codec/unpack.hpp"
#include "protocol/codec/variant_at.hpp"
#include "protocol/codec/writer.hpp"
#include "protocol/nearest.hpp"

namespace shmbus {
namespace codec {
namespace {

enum class Place : std::uint8_t { kAlone, kInBatch };

std::span<const msgpack::object_kv> entries(const msgpack::object_map& map) { return {map.ptr, map.size}; }

RequestId only_valid_id(const msgpack::object_map& map) {
  const auto all = entries(map);
  const auto is_id = [](const msgpack::object_kv& entry) { return bytes_of(entry.key) == "id"; };
  const bool is_only = std::count_if(all.begin(), all.end(), is_id) == 1;
  return is_only ? id_of(*find(map, "id")).value_or(RequestId()) : RequestId();
}

// Returns a hint at the nearest candidate, or `otherwise` if none is near.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates, std::string otherwise) {
  const std::string_view meant = nearest(name, candidates);
  return meant.empty() ? std::move(otherwise) : "did you mean " + std::string(meant) + "?";
}

Error unknown_operation(std::string_view name) {
  std::vector<std::string_view> names;
  std::string known;
  for (const OperationSpec& each : operations()) {
    names.push_back(each.name);
    known += (known.empty() ? "there are " : ", ") + std::string(each.name);
  }
  return {.code = ErrorCode::kUnknownOp,
          .message = "op: unknown operation " + shown(name),
          .hint = did_you_mean(name, names, std::move(known))};
}

Error unknown_field(std::string_view name, const OperationSpec& spec) {
  std::vector<std::string_view> names;
  for (const FieldSpec& each : spec.fields) {
    names.push_back(each.name);
  }
  return bad_request(std::string(spec.name) + " has no field " + shown(name), did_you_mean(name, names, {}));
}

Result<const OperationSpec*> read_operation(const msgpack::object_map& map) {
  const msgpack::object* const op = find(map, "op");
  if (op == nullptr || op->is_nil()) {
    return bad_request("op: missing, the name of the operation");
  }
  const std::optional<std::string_view> name = text_of(*op);
  if (!name) {
    return bad_request("op: string expected, got " + shown(*op));
  }
  const OperationSpec* const spec = operation_named(*name);
  if (spec == nullptr) {
    return unknown_operation(*name);
  }
  return spec;
}

// Checks that each field is one of the operation's and is there only once.
std::optional<Error> check_names(const msgpack::object_map& map, const OperationSpec& spec) {
  for (const auto& entry : entries(map)) {
    const std::optional<std::string_view> name = text_of(entry.key);
    if (!name) {
      return bad_request("field names are strings, got " + shown(entry.key));
    }
    if (spec.field(*name) == nullptr) {
      return unknown_field(*name, spec);
    }
    if (find(map, *name) != &entry.val) {
      return bad_request("field " + shown(*name) + " appears twice");
    }
  }
  return {};
}

std::optional<Error> check_once(const Request& request, const OperationSpec& spec, Place place) {
  if (!request.once) {
    return {};
  }
  if (place == Place::kInBatch) {
    return bad_request("once: not allowed inside a batch; set it on the batch itself");
  }
  if (!spec.changes) {
    return bad_request("once: " + std::string(spec.name) + " changes nothing, so it takes no once");
  }
  return {};
}

std::optional<Error> check_segment(const SegmentRef& segment) {
  if (segment.shm_key == kPrivateKey && !segment.shm_shmid) {
    return bad_request("shm_key: 0 does not identify a segment",
                       "private segments share key 0: name one by shm_shmid; \"private\" is for create");
  }
  return {};
}

// Checks the fields that depend on each other.
template <class T>
std::optional<Error> check_together(const T& operation, std::string_view name) {
  if constexpr (requires { operation.segment; }) {
    const bool named = operation.segment.shm_key || operation.segment.shm_shmid;
    if constexpr (requires { operation.attachment; }) {
      if (operation.attachment && named) {
        return bad_request("attachment: " + std::string(name) + " takes either an attachment or a segment, got both");
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

// Fills in `request`, which must not be used after an error.
std::optional<Error> read_request(const msgpack::object_map& map, Place place, Request& request) {
  const auto found = read_operation(map);
  if (!found) {
    return found.error();
  }
  const OperationSpec& spec = **found;
  emplace_at(request.operation, static_cast<std::size_t>(&spec - operations().data()));
  if (place == Place::kInBatch && std::holds_alternative<BatchRequest>(request.operation)) {
    return bad_request("op: a batch is not allowed inside a batch");
  }
  if (auto error = check_names(map, spec)) {
    return error;
  }
  Reader reader(map, spec);
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

// Fills in `decoded`, which must be new.
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

bool looks_like_json(std::string_view frame) {
  const std::size_t first = frame.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (frame[first] == '{' || frame[first] == '[');
}

}  // namespace

BatchItem read_batched(const msgpack::object& object) {
  DecodedRequest decoded;
  read_object(object, Place::kInBatch, decoded);
  const bool ok = std::holds_alternative<Request>(decoded.request);
  return {std::move(decoded.id), std::move(decoded.request), ok ? std::string() : packed(object)};
}

}  // namespace codec

DecodedRequest decode_request(std::string_view frame) {
  DecodedRequest decoded;
  const Result<codec::Unpacked> unpacked = codec::unpack_request(frame);
  if (!unpacked) {
    decoded.request = unpacked.error();
  } else {
    codec::read_object(unpacked->object, codec::Place::kAlone, decoded);
    if (unpacked->trailing_bytes != 0) {
      decoded.request = codec::bad_request(std::to_string(unpacked->trailing_bytes) + " bytes follow the request");
    }
  }
  if (auto* const error = std::get_if<Error>(&decoded.request); error != nullptr && codec::looks_like_json(frame)) {
    error->hint = "this looks like JSON; a request is a msgpack map";
  }
  return decoded;
}

std::string encode_request(const Request& request) { return codec::encode(request); }

std::size_t encode_request_around_data(const Request& request, std::string& bytes) {
  return codec::encode_around_data(request, bytes);
}

std::string encode_operation(const Operation& operation) { return codec::encode(operation); }

}  // namespace shmbus

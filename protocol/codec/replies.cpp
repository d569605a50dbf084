#include "protocol/codec/replies.hpp"

#include "protocol/codec/reader.hpp"
#include "protocol/codec/results.hpp"
#include "protocol/codec/variant_at.hpp"
#include "protocol/codec/writer.hpp"

namespace shmbus {
namespace codec {
namespace {

struct RepeatedReply {
  const RequestId& id;
  const EncodedOutcome& outcome;
  std::uint64_t epoch;
  std::uint64_t seq;
};

}  // namespace

template <class V>
void describe(V& v, const RepeatedReply& s) {
  v.field("ok", s.outcome.ok);
  v.field("id", s.id);
  v.raw(s.outcome.ok ? "result" : "error", s.outcome.bytes);
  v.field("repeated", true);
  v.field("epoch", s.epoch);
  v.field("seq", s.seq);
}

Result<Reply> read_reply(const msgpack::object& object, const Operation& operation, DataIs data_is) {
  Reader reader(object, &operation, data_is);
  Reply reply;
  bool ok = false;
  std::optional<bool> repeated;
  reader.field("ok", ok);
  reader.field("id", reply.id);
  reader.field("repeated", repeated);
  reader.field("epoch", reply.epoch);
  reader.field("seq", reply.seq);
  reply.repeated = repeated.value_or(false);
  if (ok) {
    OperationResult result;
    emplace_at(result, operation.index());
    std::visit([&reader](auto& alternative) { reader.field("result", alternative); }, result);
    reply.outcome = std::move(result);
  } else {
    Error error;
    reader.field("error", error);
    reply.outcome = std::move(error);
  }
  if (reader.error()) {
    return *reader.error();
  }
  return reply;
}

}  // namespace codec

EncodedOutcome encode_outcome(const std::variant<OperationResult, Error>& outcome) {
  if (const auto* const error = std::get_if<Error>(&outcome)) {
    return {.ok = false, .bytes = codec::encode(*error)};
  }
  return {.ok = true,
          .bytes =
              std::visit([](const auto& result) { return codec::encode(result); }, std::get<OperationResult>(outcome))};
}

Layout layout_of(const Reply& reply) { return codec::layout_of(reply); }

void encode_reply(const Reply& reply, char* place) { codec::encode(reply, place); }

std::string encode_reply(const Reply& reply) { return codec::encode(reply); }

std::string encode_repeated_reply(const RequestId& id, const EncodedOutcome& outcome, std::uint64_t epoch,
                                  std::uint64_t seq) {
  return codec::encode(codec::RepeatedReply{id, outcome, epoch, seq});
}

Result<Reply> decode_reply(std::string_view frame, const Operation& operation, DataIs data_is) {
  codec::ObjectMemory memory;
  const auto unpacked = codec::unpack_answer(frame, memory);
  if (!unpacked) {
    return unpacked.error();
  }
  return codec::read_reply(unpacked->object, operation, data_is);
}

}  // namespace shmbus

#include "protocol/codec/replies.hpp"

#include "protocol/codec/reader.hpp"
#include "protocol/codec/results.hpp"
#include "protocol/codec/unpack.hpp"
#include "protocol/codec/variant_at.hpp"
#include "protocol/codec/writer.hpp"

namespace shmbus {
namespace codec {
namespace {

struct ReplyAround {
  const EncodedOutcome& outcome;
  const RequestId& id;
  bool repeated;
  std::uint64_t epoch;
  std::uint64_t seq;
};

}  // namespace

template <class V>
void describe(V& v, const ReplyAround& s) {
  v.field("ok", s.outcome.ok);
  v.field("id", s.id);
  v.raw(s.outcome.ok ? "result" : "error", s.outcome.bytes);
  if (s.repeated) {
    v.field("repeated", true);
  }
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

void encode_outcome(const std::variant<OperationResult, Error>& outcome, EncodedOutcome& encoded) {
  const auto* const result = std::get_if<OperationResult>(&outcome);
  encoded.ok = result != nullptr;
  encoded.bytes.clear();
  if (result != nullptr) {
    std::visit([&encoded](const auto& each) { codec::append(each, encoded.bytes); }, *result);
  } else {
    codec::append(std::get<Error>(outcome), encoded.bytes);
  }
}

std::string encode_reply(const Reply& reply) { return codec::encode(reply); }

void append_reply(const Reply& reply, std::string& bytes) { codec::append(reply, bytes); }

std::size_t encode_reply_around_data(const Reply& reply, std::string& bytes) {
  return codec::encode_around_data(reply, bytes);
}

void append_reply_around(const EncodedOutcome& outcome, const RequestId& id, bool repeated, std::uint64_t epoch,
                         std::uint64_t seq, std::string& bytes) {
  codec::append(codec::ReplyAround{outcome, id, repeated, epoch, seq}, bytes);
}

Result<Reply> decode_reply(std::string_view frame, const Operation& operation, DataIs data_is) {
  const Result<codec::Unpacked> unpacked = codec::unpack_answer(frame);
  if (!unpacked) {
    return unpacked.error();
  }
  return codec::read_reply(unpacked->object, operation, data_is);
}

}  // namespace shmbus

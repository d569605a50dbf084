#include "protocol/codec/events.hpp"

#include "protocol/codec/fields.hpp"
#include "protocol/codec/reader.hpp"
#include "protocol/codec/unpack.hpp"
#include "protocol/codec/writer.hpp"

namespace shmbus {
namespace {

// Decodes a whole message as a T.
template <class T>
Result<T> decode(std::string_view message) {
  const Result<codec::Unpacked> unpacked = codec::unpack_answer(message);
  if (!unpacked) {
    return unpacked.error();
  }
  codec::Reader reader(unpacked->object);
  T described;
  describe(reader, described);
  if (reader.error()) {
    return *reader.error();
  }
  return described;
}

}  // namespace

std::string encode_event(const Event& event) { return codec::encode(event); }

void append_event(const Event& event, std::string& bytes) { codec::append(event, bytes); }

Result<Event> decode_event(std::string_view body) { return decode<Event>(body); }

std::string encode_notice(const Notice& notice) { return codec::encode(notice); }

Result<Notice> decode_notice(std::string_view body) { return decode<Notice>(body); }

}  // namespace shmbus

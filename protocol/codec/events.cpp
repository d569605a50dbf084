#include "protocol/codec/events.hpp"

#include "protocol/codec/fields.hpp"
#include "protocol/codec/reader.hpp"
#include "protocol/codec/writer.hpp"

namespace shmbus {

std::string encode_event(const Event& event) { return codec::encode(event); }

void encode_event(const Event& event, std::string& bytes) { codec::encode(event, bytes); }

Result<Event> decode_event(std::string_view body) { return codec::decode<Event>(body); }

std::string encode_notice(const Notice& notice) { return codec::encode(notice); }

Result<Notice> decode_notice(std::string_view body) { return codec::decode<Notice>(body); }

}  // namespace shmbus

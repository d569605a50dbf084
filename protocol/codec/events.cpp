#include "protocol/codec/events.hpp"

#include "protocol/codec/fields.hpp"
#include "protocol/codec/reader.hpp"
#include "protocol/codec/writer.hpp"

namespace shmbus {

std::string encode_event(const Event& event) { return codec::encode(event); }

std::size_t encoded_size(const Event& event) { return codec::layout_of(event).size; }

void encode_event(const Event& event, char* place) { codec::encode(event, place); }

Result<Event> decode_event(std::string_view body) { return codec::decode<Event>(body); }

std::string encode_notice(const Notice& notice) { return codec::encode(notice); }

Result<Notice> decode_notice(std::string_view body) { return codec::decode<Notice>(body); }

}  // namespace shmbus

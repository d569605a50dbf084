// The codec of events and notices: the second frame of each message of the events socket; the first one is its topic.
// No state; safe from any thread. Encoding may throw std::bad_alloc.
#pragma once

#include <string>
#include <string_view>

#include "protocol/events.hpp"
#include "protocol/result.hpp"

namespace shmbus {

// Returns the encoded event, or appends it to `bytes`.
[[nodiscard]] std::string encode_event(const Event& event);
void append_event(const Event& event, std::string& bytes);

// Decodes the body of a shm/... message or an entry of EventsResult::events. The event owns its strings. Unknown fields
// are ignored. Errors: kInternal if it is no event, kNoMemory.
[[nodiscard]] Result<Event> decode_event(std::string_view body);

// Encodes the body of an agent/... or sync/... message, and decodes it. Errors as of decode_event().
[[nodiscard]] std::string encode_notice(const Notice& notice);
[[nodiscard]] Result<Notice> decode_notice(std::string_view body);

}  // namespace shmbus

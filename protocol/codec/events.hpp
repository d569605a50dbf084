// Events and notices as bytes.
#pragma once

#include <string>
#include <string_view>

#include "protocol/events.hpp"
#include "protocol/result.hpp"

namespace shmbus {

[[nodiscard]] std::string encode_event(const Event& event);
void append_event(const Event& event, std::string& bytes);
[[nodiscard]] Result<Event> decode_event(std::string_view body);

[[nodiscard]] std::string encode_notice(const Notice& notice);
[[nodiscard]] Result<Notice> decode_notice(std::string_view body);

}  // namespace shmbus

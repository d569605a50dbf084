// Events and notices as bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocol/events.hpp"
#include "protocol/result.hpp"

namespace shmbus {

[[nodiscard]] std::string encode_event(const Event& event);
[[nodiscard]] std::size_t encoded_size(const Event& event);
void encode_event(const Event& event, char* place);  // to where there is room for encoded_size()
[[nodiscard]] Result<Event> decode_event(std::string_view body);

[[nodiscard]] std::string encode_notice(const Notice& notice);
[[nodiscard]] Result<Notice> decode_notice(std::string_view body);

}  // namespace shmbus

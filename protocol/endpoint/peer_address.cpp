#include "protocol/endpoint/peer_address.hpp"

#include <charconv>
#include <system_error>

namespace shmbus {
namespace {

constexpr std::string_view kLocalPrefix = "localhost:";

template <class Number>
std::optional<Number> take_number(std::string_view& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  const bool ends_well = length == text.size() || text[length] == ':';
  if (error != std::errc{} || length == 0 || !ends_well) {
    return std::nullopt;
  }
  text.remove_prefix(length == text.size() ? length : length + 1);
  return number;
}

}  // namespace

std::optional<PeerAddress> parse_peer_address(std::string_view text) {
  if (!text.starts_with(kLocalPrefix)) {
    return std::nullopt;
  }
  text.remove_prefix(kLocalPrefix.size());
  const auto uid = take_number<std::uint32_t>(text);
  const auto gid = take_number<std::uint32_t>(text);
  const auto pid = take_number<std::int32_t>(text);
  if (!uid || !gid || !pid || !text.empty()) {
    return std::nullopt;
  }
  return PeerAddress{.uid = *uid, .gid = *gid, .pid = *pid};
}

}  // namespace shmbus
